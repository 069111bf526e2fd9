"""What the README shows runs, and what is packed is complete."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from martlet import Client, result_of
from processes import ended, python, run

PACKAGE = Path(__file__).resolve().parents[1]
BLOCKS = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)


def test_the_client_of_the_readme_runs(make_server):
    server = make_server()
    for _ in range(2):
        process = python(BLOCKS[0], server)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "{'to': 'ada'}" in output


def test_the_worker_of_the_readme_runs_in_twenty_lines(make_server):
    assert len(BLOCKS[1].strip().splitlines()) <= 20
    server = make_server()
    worker = python(BLOCKS[1], server)

    async def body():
        async with Client(server.address) as client:
            await client.pools.create("p", slots=4)
            good = await client.submit("p", "count", {"to": 3})
            bad = await client.submit("p", "count", {"to": -1})
            assert result_of(await client.wait(good.id)) == {"counted": 3}
            assert (await client.wait(bad.id)).failure.code == "NEGATIVE"

    run(body())
    code, errors = ended(worker, signal.SIGTERM)
    assert code == 0, errors


def test_what_is_installed_is_all_that_is_needed(tmp_path):
    tree = shutil.copytree(
        PACKAGE, tmp_path / "tree", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "--no-deps", "--no-build-isolation", "--target", tmp_path / "site", tree],
        check=True, capture_output=True)
    installed = tmp_path / "site" / "martlet"
    source = PACKAGE / "src" / "martlet"
    assert {path.relative_to(source) for path in source.rglob("*.py*") if path.suffix != ".pyc"} \
        == {path.relative_to(installed) for path in installed.rglob("*.py*")
            if path.suffix != ".pyc"}
    assert (installed / "py.typed").exists()
    subprocess.run(
        [sys.executable, "-c", "import martlet.worker, martlet.v1.worker_service_pb2_grpc"],
        check=True, env={"PYTHONPATH": str(tmp_path / "site")}, cwd=tmp_path)
