from small_site import EXTENSIONS  # isort: skip
from joined_modules import NOT_ALONE, join

STATIC = EXTENSIONS.parent / "_static"


def test_a_module_comes_after_those_that_it_imports_and_nothing_is_left_to_import(tmp_path):
    for name, text in {
        "river/river.js": '/** A river. */\n\nimport { svg as draw } from "../widgets/dom.js";\n'
        'import * as say from "./say.js";\n\ndraw(say.word);\n'
        'const worker = () => new Worker(new URL("./race-worker.js", import.meta.url), { type: "module" });\n'
        "fetch(new URL(`../diagrams/a.svg`, import.meta.url));\n",
        "river/say.js": 'import { svg } from "../widgets/dom.js";\n// a note\nexport const word = svg;\n',
        "river/race-worker.js": 'import { word } from "./say.js";\nword();\n',
        "widgets/dom.js": "export async function svg() {}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    joined = join(tmp_path / "river" / "river.js", tmp_path)
    assert joined.keys() == {"river", "race-worker"}
    river = joined["river"]
    assert [line.split("]")[0] for line in river.splitlines() if line.startswith("modules[")] == [
        'modules["widgets/dom.js"',
        'modules["river/say.js"',
        'modules["river/river.js"',
    ]
    assert 'const { svg: draw } = modules["widgets/dom.js"];' in river
    assert 'const say = modules["river/say.js"];' in river
    assert "return { word };" in river
    assert 'new Worker(new URL("race-worker.js", here)' in river
    assert 'fetch(new URL(`../diagrams/a.svg`, new URL("../river/river.js", here).href));' in river
    assert "a note" not in river


def test_every_widget_of_the_site_can_be_joined():
    for sheet in STATIC.glob("*/*.css"):
        if (entry := sheet.with_suffix(".js")).exists() and sheet.stem not in NOT_ALONE:
            for text in join(entry, STATIC).values():
                assert not [line for line in text.splitlines() if line.startswith(("import {", "import *", "export "))]
