"""The rules for a formula's text find what they are for, and nothing else."""

import pytest

from tests.support.formula_rules import formula_faults

SHEETS = {"network", "fc1", "rc", "two heads", "it's", "1e5", "n!1e5"}


def faults(formula):
    return [fault.removeprefix("B2: ") for fault in formula_faults("B2", formula, SHEETS)]


@pytest.mark.parametrize(
    "formula",
    [
        "'fc1'!B81-learning_rate*'Network'!B211",
        "SUM('Two heads'!$B$3:$C$4,'it''s'!A1)",
        """HYPERLINK("#'Network'!B3","Network!B3")""",
        """HYPERLINK("#'Network'!"&ADDRESS(1,2,4),"go")""",
        """HYPERLINK("#loss","the loss")""",
        'IF(ISERROR(A1),"#N/A","#DIV/0!")',
        "IF(A1=#N/A,#NUM!,0)",
        '"he said ""Network!A1"" and 1e-12"',
        "0.000001+1.0E-9*2.5E+300-1000000",
        "SUM($A$1:A1,B2:C2)-COUNTIF(D3:D4,1)",
        "'1e5'!A1+'n!1E5'!B2+$E$1+E12+AE5+x1e5+LOG10(2)+Explain.1e5",
    ],
)
def test_a_well_written_formula_has_no_fault(formula):
    assert faults(formula) == []


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("fc1!B81*2", ["sheet 'fc1' without quotes"]),
        ("SUM(Network!A1:A3)-rc!B2", ["sheet 'Network' without quotes", "sheet 'rc' without quotes"]),
        ("'Network'!A1+Network!A1", ["sheet 'Network' without quotes"]),
        ("$A$1*漢字!A1", ["sheet '漢字' without quotes"]),
        ("two heads!A1", ["sheet 'heads' without quotes"]),
        ("'Nowhere'!A1", ["no sheet 'Nowhere'"]),
        ('HYPERLINK("#Network!A1","go")', ["sheet 'Network' without quotes"]),
        ('HYPERLINK("#Network!"&ADDRESS(1,2,4),"go")', ["sheet 'Network' without quotes"]),
        ("""HYPERLINK("#'Nowhere'!A1","go")""", ["no sheet 'Nowhere'"]),
        ("A1+1e-12", ["the number 1e-12"]),
        ("1E6*A1", ["the number 1E6"]),
        ("MAX(A1,1E-300)-1.5e+20", ["the number 1E-300", "the number 1.5e+20"]),
        ("A1^.5E3+2.E3", ["the number .5E3", "the number 2.E3"]),
        ("IF(A1<1.0e-5,#REF!,0)", ["formula 'IF(A1<1.0e-5,#REF!,0)'", "the number 1.0e-5"]),
        ("INDEX($XN$2:$XN$2,A1)", ["the range $XN$2:$XN$2 of one cell"]),
        ("SUM('Two heads'!B3:B3,A1:A2)", ["the range B3:B3 of one cell"]),
        ("=1+1", ["formula '=1+1'"]),
        ('A1&"no end', ["a literal without an end"]),
        ('A1&"' + "a" * 256 + '"', ["literal of 256 characters"]),
        ("SUM(" + "1," * 255 + "1)", ["a function of 256 arguments"]),
        ("1+" * 4096 + "1", ["formula of 8193 characters"]),
        ('"' + "\U0001d49c" * 128 + '"', ["literal of 256 characters"]),
    ],
)
def test_each_rule_finds_its_fault(formula, expected):
    assert faults(formula) == expected
