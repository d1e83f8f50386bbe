"""Formulas taken apart, held against another reader, openpyxl's; and the cells that they read."""

from __future__ import annotations

import pytest
from openpyxl.formula.tokenizer import Token, Tokenizer
from openpyxl.formula.translate import Translator

from excel_export.shared.a1_notation import areas, copies_of, tokens
from excel_export.shared.cells import name_of

FORMULAS = [
    "SUM(A1:B2,$C$3)*-2^2%", "IF(A1>=0.5,\"a \"\"b\"\"\",FALSE)", "'My ''own'' sheet'!A1:B2+Sheet1!$A:$C", "1:$3",
    "_xlfn.STDEV.S(w_1,Table1[[#This Row],[x y]])/1.5E-3", "{1,2;3,-4}", "#REF!+#N/A", "[1]Other!B2&'[a.xlsx]S'!C3",
    "LOG10(x1.y)-AB12", " 1 + ( 2 ) ", "T1[@x]<>rate", "größe*.5", "IF(,1,)",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_tokens_are_those_of_another_reader(formula):
    theirs = [token for token in Tokenizer(f"={formula}").items if token.type != Token.WSPACE]
    ours = [*tokens(formula)]
    assert [token.text for token in ours] == [token.value for token in theirs]
    references = [token.value for token in theirs if (token.type, token.subtype) == (Token.OPERAND, Token.RANGE)]
    assert [token.text for token in ours if token.kind == "reference" and token.text != "FALSE"] == references


@pytest.mark.parametrize(
    ("formula", "cells"),
    [
        ("SUM($B$3:A1)+'a ''b'!C3", ["S!A1:B3", "a 'b!C3"]),
        ("\"A1\"&B2&LOG10(C3)&w1_x&AAAA1", ["S!B2", "S!C3"]),
        ("T!$A:C+2:$3", ["T!A1:C1048576", "S!A2:XFD3"]),
        ("Sheet1!A1:Sheet1!B2", ["Sheet1!A1:B2"]),
        ("[1]S!A1+A1048577", []),
        ("C5#", ["S!C5"]), ("'a\"b'!A1&\"C1\"&ATAN2(d1,D2)", ['a"b!A1', "S!D1", "S!D2"]),
    ],
)  # fmt: skip
def test_the_cells_that_a_formula_reads(formula, cells):
    assert [f"{area.sheet}!{area.name}" for area in areas(formula, "S")] == cells


@pytest.mark.parametrize(
    "formula",
    [
        "A1+$B2*C$3-$D$4", "SUM(A1:C3)*SUM($A1:A$5)", "SUM(A:A)+SUM($A:B)+SUM(1:2)+SUM($1:3)", "Data!A1+'A1 B2'!C3",
        "LOG10(A1)+LN(x1y)", "IF(A1>0,\"A1\",\"\"\"B2\")", "'it''s'!A1*rate", "1E5*A1 + -A1^2%", "Sheet1!A1:B2*{1,2}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", [(1, 1), (5, 3), (40, 30)])
def test_copies_are_those_of_another_program(formula, at):
    theirs = Translator(f"={formula}", "A1").translate_formula(name_of(*at))
    assert f"={copies_of(formula)(at[0] - 1, at[1] - 1)}" == theirs


def test_a_range_that_ends_with_a_function_is_copied_whole():
    assert copies_of("SUM(A1:INDEX(B1:B3,2))")(1, 2) == "SUM(C2:INDEX(D2:D4,2))"
