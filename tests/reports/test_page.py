"""The page engine: heads on every page, nothing orphaned, nothing wider than the paper."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.lines import column_heads
from reports.page import (
    END,
    FORM_FEED,
    Block,
    Column,
    Document,
    Group,
    Heads,
    Linked,
    Run,
    Setup,
    TooSmall,
    Total,
    Wrapped,
    as_text,
    paginate,
)
from reports.tabulated import tabulated
from rules.text import cells

RUN = Run("General Hospital", "jones", "11/21/2026 0730")
COLUMNS = (Column("MRN", 8), Column("Name", 20), Column("Length|of stay", 7, number=True))
POISON = "O\x1b[31mBRIEN[/foo]‮\x07\nSØREN " + "x" * 60


def a_document(*body, records=1, conventions=("Newborns are counted apart.",)):
    return Document("T01", "TEST LIST", "11/2026", "all", body, records, conventions)


def a_row(number=1, name="ADAMS, ANN"):
    return (f"{number:08d}", name, number)


def printed(*body, setup=Setup(lines=20), **document):  # noqa: B008
    return [page.lines for page in paginate(a_document(*body, **document), RUN, setup)]


class TestHeads:
    def test_every_page_says_what_it_is(self):
        pages = printed(Heads(COLUMNS), *[a_row(n) for n in range(40)])
        assert len(pages) > 2
        for number, page in enumerate(pages, 1):
            assert page[0].startswith("General Hospital")
            assert page[0].endswith(f"Page {number} of {len(pages)}")
            assert page[1].strip() == "T01  TEST LIST"
            assert page[2] == "Period: 11/2026" + " " * 34 + "Run 11/21/2026 0730 by jones  ".rstrip().rjust(
                31
            )
            assert page[3] == "Selection: all"
            assert len(pages) == number or "of stay" in page[6]

    def test_column_heads_stand_over_two_lines_underlined(self):
        assert column_heads(COLUMNS) == [
            "                               Length",
            "MRN      Name                 of stay",
            "-------- -------------------- -------",
        ]

    def test_a_report_without_records_says_so(self):
        (page,) = printed(records=0)
        assert "No records for the selection" in page
        assert "Records: 0" in page
        assert page[0].endswith("Page 1 of 1")

    def test_columns_wider_than_the_paper_are_a_mistake(self):
        with pytest.raises(ValueError, match="do not fit"):
            printed(Heads((Column("A", 81),)))


class TestFacility:
    def test_has_its_number_beside_its_name_when_there_is_one(self):
        (page,) = paginate(a_document(), replace(RUN, station="528A6"), Setup())
        assert page.lines[0] == "General Hospital (528A6)" + "Page 1 of 1".rjust(56)

    def test_keeps_its_number_when_the_name_is_too_long(self):
        (page,) = paginate(a_document(), replace(RUN, facility="Hospital " * 12, station="528A6"), Setup())
        assert page.lines[0].endswith("Hospital Hospi> (528A6) Page 1 of 1")
        assert len(page.lines[0]) == 80


class TestCells:
    def test_a_text_is_clipped_with_a_mark(self):
        (page,) = printed(Heads(COLUMNS), a_row(name="ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        assert "ABCDEFGHIJKLMNOPQRS>" in page[8]

    def test_a_number_that_does_not_fit_is_never_clipped(self):
        (page,) = printed(Heads(COLUMNS), ("1", "A", 12345678))
        assert page[8].endswith("*******")

    def test_accents_become_plain_letters_on_an_ascii_printer(self):
        (page,) = printed(Heads(COLUMNS), a_row(name="Müller-Łęcki, Zoë"))
        assert "Muller-Lecki, Zoe" in page[8]

    def test_accents_stay_when_the_printer_knows_utf_8(self):
        (page,) = printed(Heads(COLUMNS), a_row(name="Müller"), setup=Setup(ascii_only=False))
        assert "Müller" in page[8]


class TestBreaks:
    def test_a_group_is_named_once_and_again_after_a_page_break(self):
        pages = printed(Heads(COLUMNS), Group("UNIT 3W"), *[a_row(n) for n in range(20)])
        said = [line for page in pages for line in page if "UNIT 3W" in line]
        assert said == ["UNIT 3W"] + ["UNIT 3W (cont.)"] * (len(pages) - 1)

    def test_a_group_that_was_totalled_is_not_continued(self):
        rows = [a_row(n) for n in range(20)]
        pages = printed(Heads(COLUMNS), Group("UNIT A"), *rows, Total("20 patients"), Group("UNIT B"), *rows)
        for page in pages:
            body = page[5:]
            if any("UNIT B" in line for line in body) and "20 patients" not in body:
                assert not any("UNIT A" in line for line in body)

    def test_a_group_that_ejects_begins_a_page(self):
        pages = printed(Heads(COLUMNS), Group("A", eject=True), a_row(), Group("B", eject=True), a_row(2))
        assert [page[8] for page in pages] == ["A", "B"]

    def test_the_report_ends_with_conventions_count_and_end(self):
        page = printed(Heads(COLUMNS), a_row(), records=1)[-1]
        assert [line.strip() for line in page[-5:]] == [
            "Newborns are counted apart.", "Records: 1", END, "", RUN.notice
        ]  # fmt: skip

    def test_a_block_stays_together(self):
        block = Block(tuple(f"line {n}" for n in range(6)))
        pages = printed(*[a_block_row(n) for n in range(10)], block)
        holding = [page for page in pages if any(line.startswith("line ") for line in page)]
        assert len(holding) == 1

    def test_a_block_longer_than_a_page_is_parted_and_whole(self):
        pages = printed(Block(tuple(f"line {n}" for n in range(50))))
        assert [x for page in pages for x in page if x.startswith("line")] == [f"line {n}" for n in range(50)]

    @settings(max_examples=60)
    @given(st.lists(st.integers(1, 30), min_size=1, max_size=6), st.integers(18, 30))
    def test_no_heading_stands_last_and_no_total_first(self, sizes, lines):
        body = [Heads(COLUMNS)]
        for number, size in enumerate(sizes):
            body += [Group(f"UNIT {number}"), *[a_row(n) for n in range(size)],
                     Total(f"Total of UNIT {number}", ("", "", size), rule=True)]  # fmt: skip
        body.append(Total("House", ("", "", sum(sizes)), level=0))
        for page in printed(*body, setup=Setup(lines=lines)):
            text = [line for line in page[8:-2] if line.strip()]
            totals = [n for n, line in enumerate(text) if line.startswith(("Total of", "House"))]
            for at in totals:
                before = [line for line in text[:at] if not line.startswith(("Total of", " "))]
                assert before
                assert before[-1][:8].isdigit()
            assert not text or not (text[-1].startswith("UNIT") or set(text[-1]) <= {"-", " "})

    @settings(max_examples=60)
    @given(
        st.lists(
            st.lists(st.lists(st.integers(1, 90), min_size=1, max_size=8), max_size=3), min_size=1, max_size=3
        ),
        st.integers(24, 60),
    )
    def test_groups_within_groups_and_rows_of_several_lines_are_never_parted_from_their_totals(
        self, tree, lines
    ):
        body, rows = [Heads(COLUMNS)], 0
        for a, inner in enumerate(tree):
            body.append(Group(f"OUTER {a}"))
            for b, lengths in enumerate(inner):
                body.append(Group(f"INNER {a}.{b}", 2))
                body += [
                    Wrapped((f"ROW{rows + n}", "x " * (size // 2), "1")) for n, size in enumerate(lengths)
                ]
                rows += len(lengths)
                body.append(Linked(Total(f"Sum of {a}.{b}", ("", "", len(lengths)), 2, rule=True), "PGE C01"))
            body.append(Total(f"Sum of {a}", ("", "", 1)))
        pages = printed(*body, setup=Setup(lines=lines), records=rows)
        for number, page in enumerate(pages):
            assert len(page) <= lines
            text = [line for line in page[8:-2] if line.strip(" -")]
            for at, line in enumerate(text):
                if line.startswith("Sum of"):
                    assert at > 0, "a total stands first on its page"
                    assert not text[at - 1].endswith("(cont.)")
                if line.startswith(("OUTER", "INNER")) and number < len(pages) - 1:
                    assert at < len(text) - 1, "a heading stands last on its page"
        assert sum(line.startswith("ROW") for page in pages for line in page) == rows


def a_block_row(number):
    return Block((f"row {number}",))


class TestTotals:
    def test_a_label_stands_over_the_blank_columns(self):
        (page,) = printed(Heads(COLUMNS), a_row(7), Total("Total", ("", "", 7), rule=True))
        assert page[9:11] == (" " * 30 + "-" * 7, "Total" + " " * 31 + "7")

    @given(st.lists(st.lists(st.integers(0, 9999), min_size=1, max_size=9), min_size=1, max_size=9))
    def test_subtotals_printed_add_up_to_the_total_printed(self, units):
        body = [Heads(COLUMNS)]
        for number, days in enumerate(units):
            body += [Group(f"U{number}"), *[("1", "A", n) for n in days], Total("Unit", ("", "", sum(days)))]
        body.append(Total("House", ("", "", sum(map(sum, units))), level=0))
        lines = [line for page in printed(*body) for line in page]
        subtotals = [int(line.split()[-1]) for line in lines if line.startswith("Unit ")]
        (house,) = [int(line.split()[-1]) for line in lines if line.startswith("House")]
        assert sum(subtotals) == house


class TestLinks:
    def led(self, *body, lines=20):
        """The lines that lead somewhere, with where they lead."""
        pages = paginate(a_document(*body), RUN, Setup(lines=lines))
        assert all(len(page.links) in (0, len(page.lines)) for page in pages)
        return [
            (line.split()[0], go)
            for page in pages
            for line, go in zip(page.lines, page.links, strict=False)
            if go
        ]

    @settings(max_examples=60)
    @given(st.lists(st.booleans(), max_size=60), st.integers(1, 12))
    def test_every_row_leads_where_it_should_on_whatever_page_it_stands(self, linked, per_group):
        body = [Heads(COLUMNS)]
        for number, leads in enumerate(linked):
            if number % per_group == 0:
                body.append(Group(f"UNIT {number}"))
            row = a_row(number)
            body.append(Linked(row, f"ABS {number}") if leads else row)
        assert self.led(*body) == [(f"{n:08d}", f"ABS {n}") for n, leads in enumerate(linked) if leads]

    def test_a_total_leads_by_its_figures_and_stays_with_its_last_row(self):
        body = [
            Heads(COLUMNS),
            *[a_row(n) for n in range(9)],
            Linked(Total("All", ("", "", 9), rule=True), "PGE x"),
        ]
        assert self.led(*body) == [("All", "PGE x")]
        (first, second) = paginate(a_document(*body, records=None, conventions=()), RUN, Setup(lines=18))
        assert any("00000008" in line for line in second.lines)
        assert not any("00000008" in line for line in first.lines)

    def test_the_lines_of_a_table_lead_each_by_itself(self):
        table = tabulated(("Measure", "Month"), [("Admissions", "12"), ("Deaths", "1")], 80, caption="HOUSE",
                          links=("PGE admissions", "PGE deaths"))  # fmt: skip
        assert self.led(table) == [("Admissions", "PGE admissions"), ("Deaths", "PGE deaths")]

    def test_what_leads_looks_no_different_on_paper(self):
        rows = [a_row(n) for n in range(40)]
        assert printed(Heads(COLUMNS), *rows) == printed(
            Heads(COLUMNS), *[Linked(row, "ABS 1") for row in rows]
        )


class TestPaper:
    @pytest.mark.parametrize(("width", "lines"), [(79, 60), (80, 15), (80, 0)])
    def test_that_is_too_small_is_one_sentence(self, width, lines):
        with pytest.raises(
            TooSmall, match=f"A page of {width} columns and {lines} lines is too small: .*least.$"
        ):
            paginate(a_document(), RUN, Setup(width, lines))

    def test_a_sentence_grows_no_longer_than_the_line_when_it_becomes_ascii(self):
        sentence = "Counted \u2026 " * 9 + "end."
        (page,) = printed(conventions=(sentence,))
        assert " ".join(" ".join(page[7:-4]).split()) == "Counted ... " * 9 + "end."

    def test_wide_letters_take_two_cells_on_a_printer_that_knows_them(self):
        (page,) = printed(
            Heads(COLUMNS), a_row(name="\u6771\u4eac" * 8), setup=Setup(lines=20, ascii_only=False)
        )
        (line,) = [line for line in page if line.startswith("00000001")]
        assert cells(line) == 37
        assert ">" in line
        assert line.endswith("      1")

    @settings(max_examples=50)
    @given(
        st.lists(st.tuples(st.text(), st.text(), st.one_of(st.text(), st.integers())), max_size=30),
        st.sampled_from([80, 132]), st.booleans(), st.text(), st.text(),
    )  # fmt: skip
    def test_no_line_is_wider_than_the_paper_or_holds_a_control(
        self, rows, width, ascii_only, group, facility
    ):
        document = Document(group, facility, group, facility, [Heads(COLUMNS), Group(group), *rows,
                            Total(group), Block((facility,))], len(rows), (group, facility))  # fmt: skip
        setup = Setup(width, 20, ascii_only)
        for page in paginate(document, Run(facility, group, group), setup):
            assert len(page.lines) <= 20
            for line in page.lines:
                assert cells(line) <= width
                assert line.isprintable() or not line.isascii()
                assert "\x1b" not in line
                assert line.isascii() or not ascii_only

    def test_a_poisoned_name_does_no_harm(self):
        (page,) = printed(Heads(COLUMNS), a_row(name=POISON), Group(POISON), Total(POISON))
        assert page[8] == "00000001 O?[31mBRIEN[/foo]??>       1"
        assert all(len(line) <= 80 and line.isprintable() for line in page)

    def test_pages_but_the_last_are_full_with_the_notice_at_the_foot(self):
        pages = printed(Heads(COLUMNS), *[a_row(n) for n in range(40)])
        assert {len(page) for page in pages[:-1]} == {20}
        assert all(page[-1].strip() == RUN.notice for page in pages)

    def test_form_feeds_stand_between_pages_and_not_after_the_last(self):
        setup = Setup(lines=20)
        pages = paginate(a_document(Heads(COLUMNS), *[a_row(n) for n in range(40)]), RUN, setup)
        text = as_text(pages, setup)
        assert text.count(FORM_FEED) == len(pages) - 1
        assert not text.endswith(FORM_FEED)
        assert as_text(pages, Setup(lines=20, last_form_feed=True)).endswith(FORM_FEED)

    def test_without_form_feeds_every_page_has_all_its_lines(self):
        setup = Setup(lines=20, form_feeds=False)
        pages = paginate(a_document(Heads(COLUMNS), *[a_row(n) for n in range(40)]), RUN, setup)
        assert as_text(pages, setup).count("\n") == 20 * len(pages)

    def test_the_same_rows_give_the_same_bytes(self):
        body = [Heads(COLUMNS), *[a_row(n) for n in range(40)]]
        assert printed(*body) == printed(*body)

    def test_the_head_lines_of_a_page_are_known_to_a_viewer(self):
        pages = paginate(a_document(Heads(COLUMNS), *[a_row(n) for n in range(40)]), RUN, Setup(lines=20))
        assert [page.heading_lines for page in pages] == [8] * (len(pages) - 1) + [5]
