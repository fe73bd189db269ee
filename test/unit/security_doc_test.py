#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""doc/security.md names a test in each row of its tables of what holds and what does not, and only tests that exist.

A cell of a column "test" has the names of programs in backticks, each with the names of its own tests behind it:
unit `datapath_clear`: `its_own_packets_cross`. A text in quotes is one that hse-attacks or hse-model prints."""
import glob
import os
import re
import sys

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def tables(text):
    """The tables of a page: a list of rows, each a list of cells; the first row is the header."""
    lines = [line if line.startswith("|") else "" for line in text.splitlines()]
    for block in re.split(r"\n\n+", "\n".join(lines)):
        rows = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in block.split("\n") if line]
        if rows:
            yield [rows[0], *rows[2:]]


def models():
    return "".join(read(path) for path in glob.glob(os.path.join(ROOT, "test/model/*.c")))


def attacks():
    return re.findall(r"^\tATTACK\((\w+)\)", read("test/model/attacks.c"), re.M)


def source_of(program):
    """The source of a test program, or None."""
    for path in (f"test/unit/{program}_test.c", f"test/e2e/{program}.sh"):
        if os.path.exists(os.path.join(ROOT, path)):
            is_built = path.endswith(".sh") or re.search(rf"'{program}'", read("test/unit/meson.build"))
            return read(path) if is_built else None
    return models() if program in ("hse-attacks", "hse-model") else None


def has_test(source, name):
    """A test has its definition in the source, and a place in the list of tests."""
    defined = re.search(rf"^static void {name}\(", source, re.M)
    listed = re.findall(rf"(?:TEST|ATTACK)\({name}\)|^\s+{name}\}}|, {name}\}}", source, re.M)
    return bool(defined and listed)


def faults_of_cell(cell):
    """What is wrong with a cell of a column "test": a list of texts."""
    faults, source = [], None
    if not re.search(r"`[^`]+`", cell):
        return ["names no test"]
    for name, said in re.findall(r"`([^`]+)`|\"([^\"]+)\"", cell):
        program = source_of(name) if name else None
        if said:
            if f'"{said}"' not in models():
                faults.append(f'"{said}": neither hse-attacks nor hse-model prints this')
        elif program:
            source = program
        elif source is None or not has_test(source, name):
            faults.append(f"`{name}`: no such test")
    return faults


def faults_of_table(rows):
    header = rows[0]
    for column, title in enumerate(header):
        for row in rows[1:]:
            if title == "test" and row[column] != "-":
                yield from (f"{row[0]}: {fault}" for fault in faults_of_cell(row[column]))
            elif title == "test in `hse-attacks`" and row[column].strip("`") not in attacks():
                yield f"{row[0]}: {row[column]}: no such attack"


def equal(got, expected):
    if got != expected:
        raise AssertionError(f"{got} instead of {expected}")


def each_test_that_the_page_names_exists():
    equal([fault for rows in tables(read("doc/security.md")) for fault in faults_of_table(rows)], [])


def each_attack_is_on_the_page():
    page = read("doc/security.md")
    equal([name for name in attacks() if f"| `{name}` |" not in page], [])


def each_table_of_configurations_has_a_column_of_tests():
    found = [rows[0] for rows in tables(read("doc/security.md")) if rows[0][0] == "configuration"]
    equal(len(found), 2)
    equal([header for header in found if "test" not in header], [])


def a_name_of_no_test_is_found():
    equal(faults_of_cell("soon"), ["names no test"])
    equal(faults_of_cell("unit `datapath_clear_no`"), ["`datapath_clear_no`: no such test"])
    equal(faults_of_cell("unit `datapath_clear`: `its_own_packets_cross`"), [])
    equal(faults_of_cell("unit `datapath_clear`: `set_up`"), ["`set_up`: no such test"])
    equal(faults_of_cell('`hse-model`: "left in blue"'), ['"left in blue": neither hse-attacks nor hse-model prints this'])
    rows = [["attack", "test in `hse-attacks`"], ["a", "`forged_delete`"], ["b", "`forged_dolete`"]]
    equal(list(faults_of_table(rows)), ["b: `forged_dolete`: no such attack"])


def main():
    tests = (
        each_test_that_the_page_names_exists,
        each_attack_is_on_the_page,
        each_table_of_configurations_has_a_column_of_tests,
        a_name_of_no_test_is_found,
    )
    failed = 0
    for test in tests:
        try:
            test()
        except AssertionError as e:
            failed += 1
            print(f"FAIL security-doc: {test.__name__}: {e}")
    print(f"security-doc: {len(tests) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
