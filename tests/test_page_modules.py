"""The page's script: made of its modules, of one table with Python, its parts tested without a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import numpy
import pytest

from harness.report import bundle, words
from harness.report.counts import level, short

HERE = Path(__file__).parent
MODULES = Path(str(files("harness.report"))) / bundle.MODULES

node = pytest.mark.skipif(shutil.which("node") is None, reason="no node is on the path")


def test_the_script_is_of_its_modules() -> None:
    committed = (files("harness.report") / "assets" / bundle.BUNDLE).read_text(encoding="utf-8")
    assert committed == bundle.bundled(bundle.sources()), "python tests/page/bundle.py writes it anew"


def test_the_shared_tables_are_those_of_python() -> None:
    assert bundle.sources()[bundle.SHARED] == words.module(), "python tests/page/bundle.py writes it anew"


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({"main": 'import { a } from "./b.js";\n'}, "main.js imports b.js, which is not there"),
        ({"main": 'import { a } from "./b.js";\n', "b": "const a = 1;\n"}, "imports a, which b.js does not export"),
        ({"main": "", "b": ""}, "nothing imports b"),
        (
            {"main": 'import { a } from "./b.js";\n', "b": 'import { c } from "./main.js";\nexport const a = 1;\n'},
            "main.js imports c|main.js does not export",
        ),
        (
            {"main": 'import { a } from "./b.js";\nconst x = 1;\n', "b": "export const a = 1;\nconst x = 2;\n"},
            "declares `x`, and so does b.js",
        ),
    ],
)
def test_modules_that_do_not_fit_together_are_refused(modules: dict[str, str], said: str) -> None:
    with pytest.raises(bundle.Unbundled, match=said):
        bundle.bundled(modules)


@node
def test_the_modules_pass_their_own_tests() -> None:
    tests = sorted(map(str, (HERE / "page").glob("*.test.js")))
    done = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@node
def test_a_number_is_written_alike_by_both() -> None:
    rng = numpy.random.default_rng(7)
    numbers = [0.0, 1.0, 999.4, 1e6, 1e-4, 123456.7, *(10 ** rng.uniform(-12, 12, 300)).tolist()]
    code = (
        f'import {{ short, level }} from "{(MODULES / "numbers.js").as_uri()}";'
        f"console.log(JSON.stringify({json.dumps(numbers)}.map((n) => [short(n), level(n)])))"
    )
    done = subprocess.run(
        ["node", "--input-type=module", "-e", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert json.loads(done.stdout) == [[short(n), level(n)] for n in numbers]
