"""Small files in the layouts that CMS and NCHS publish, and a code store of a handful of codes to import them into."""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Sequence
from pathlib import Path

from config.code_sources import CodeSource, code_sources

# As they stand: I42.0 is a code through FY 2026, and from FY 2027 a header of three.
ALWAYS = {
    "A000": "Cholera due to Vibrio cholerae 01, biovar cholerae",
    "A001": "Cholera due to Vibrio cholerae 01, biovar eltor",
    "A009": "Cholera, unspecified",
    "A021": "Salmonella sepsis",
    "I421": "Obstructive hypertrophic cardiomyopathy",
    "Z66": "Do not resuscitate",
}
UNTIL_2026 = {"I420": "Dilated cardiomyopathy"}
SINCE_2027 = {
    "I4200": "Dilated cardiomyopathy, unspecified",
    "I4201": "Dilated cardiomyopathy due to other genetic variant",
    "I4209": "Other dilated cardiomyopathy",
}
HEADERS = {"A00": "Cholera", "A02": "Other salmonella infections", "I42": "Cardiomyopathy"}
FY2026 = ALWAYS | UNTIL_2026
FY2027 = ALWAYS | SINCE_2027
PCS = {
    "0DTJ0ZZ": "Resection of Appendix, Open Approach",
    "0DTJ4ZZ": "Resection of Appendix, Percutaneous Endoscopic Approach",
    "0DTJ7ZZ": "Resection of Appendix, Via Natural or Artificial Opening",
    "0DTJ8ZZ": "Resection of Appendix, Via Natural or Artificial Opening Endoscopic",
}

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>{year}</version><introduction><introSection type="title"><title>ICD-10-CM TABULAR LIST
</title></introSection></introduction>
<chapter><name>1</name><desc>Certain infectious and parasitic diseases (A00-B99)</desc>
<sectionIndex><sectionRef first="A00" last="A09" id="A00-A09">Intestinal</sectionRef></sectionIndex>
<section id="A00-A09"><desc>Intestinal infectious diseases</desc>
<diag><name>A00</name><desc>Cholera</desc>
<diag><name>A00.0</name><desc>{biovar}</desc><inclusionTerm><note>Classical cholera</note></inclusionTerm></diag>
<diag><name>A00.1</name><desc>Cholera due to Vibrio cholerae 01, biovar eltor</desc></diag>
<diag><name>A00.9</name><desc>Cholera, unspecified</desc></diag></diag>
<diag><name>A02</name><desc>Other salmonella infections</desc>
<diag><name>A02.1</name><desc>Salmonella sepsis</desc></diag></diag></section></chapter>
<chapter><name>9</name><desc>Diseases of the circulatory system (I00-I99)</desc>
<section id="I30-I5A"><desc>Other forms of heart disease</desc>
<diag><name>I42</name><desc>Cardiomyopathy</desc><excludes2><note>ventricular hypertrophy (I51.7)</note></excludes2>
{dilated}<diag><name>I42.1</name><desc>Obstructive hypertrophic cardiomyopathy</desc></diag></diag></section></chapter>
<chapter><name>21</name><desc>Factors influencing health status (Z00-Z99)</desc>
<section id="Z66"><desc>Do not resuscitate</desc><diag><name>Z66</name><desc>Do not resuscitate</desc></diag></section>
</chapter></ICD10CM.tabular>
"""


def _diag(code: str, title: str, inside: str = "") -> str:
    return f"<diag><name>{code[:3]}.{code[3:]}</name><desc>{title}</desc>{inside}</diag>\n"


def tabular(year: int, biovar: str = ALWAYS["A000"]) -> bytes:
    inside = "".join(_diag(code, title) for code, title in SINCE_2027.items()) if year >= 2027 else ""
    dilated = _diag("I420", UNTIL_2026["I420"], inside)
    return TABULAR.format(year=year, dilated=dilated, biovar=biovar).encode()


def shipped(folder: Path) -> dict[str, CodeSource]:
    """What a program would ship that knows only these codes; the grouper is the real one."""
    folder.mkdir()
    changes = [
        ("header", "0", "I420", UNTIL_2026["I420"]),
        *(("add", "1", *row) for row in SINCE_2027.items()),
    ]
    files = {
        "cm_tabular": tabular(2026),
        "cm_codes": "\n".join(FY2026).encode(),
        "pcs_titles": lzma.compress("".join(f"{code}\t{title}\n" for code, title in PCS.items()).encode()),
        "untitled_codes": lzma.compress(b"pcs\t0DTJ0ZZ\n"),
        "cm_changes": tsv(("action", "billable", "code", "title"), changes),
        "cm_titles_retired": b"code\ttitle\n",
        "table5": tsv(
            ("drg", "mdc", "type", "post_acute", "special_pay", "weight", "gmlos", "amlos", "title"),
            [("282", "05", "MED", "0", "0", "0.7231", "1.7", "2.0", "ACUTE MYOCARDIAL INFARCTION")],
        ),
    }
    found = {"grouper": code_sources()["grouper"]}
    for name, data in files.items():
        (folder / name).write_bytes(data)
        found[name] = CodeSource(name, "shipped", folder / name)
    return found


def tsv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    return "".join("\t".join(row) + "\n" for row in (head, *rows)).encode()


def order(codes: dict[str, str], headers: dict[str, str] = HEADERS) -> bytes:
    """An order file: number, blank, code, blank, flag, blank, short title, blank, long title."""
    rows = sorted(
        [*((code, "1", title) for code, title in codes.items()), *((h, "0", t) for h, t in headers.items())]
    )
    return b"".join(order_line(at, *row) for at, row in enumerate(rows, 1))


def order_line(number: int, code: str, flag: str, title: str) -> bytes:
    return f"{number:05} {code:<7} {flag} {title[:60]:<60} {title}\r\n".encode()


CM_2026 = order(FY2026)
CM_2027 = order(FY2027, HEADERS | UNTIL_2026)
PCS_2027 = order(PCS, {"0DT": "Medical and Surgical, Gastrointestinal System, Resection"})


def addenda(rows: Sequence[tuple[str, str, str, str]], totals: str = "") -> bytes:
    """An addendum: action 1-12, flag 14, code 16-22, short title 24-83, long title from 85; counts at the end."""
    lines = [f"{action:<12} {flag} {code:<7} {title[:60]:<60} {title}" for action, flag, code, title in rows]
    count = {
        word: sum(row[0] == f"{word}:" for row in rows)
        for word in ("Add", "Delete", "Revise from", "Revise to")
    }
    return "\r\n".join(
        [*lines, "", totals or "\r\n".join(f"{word}: {n}" for word, n in count.items()), ""]
    ).encode()


ADDENDA_2027 = addenda([
    ("Delete:", "1", "I420", UNTIL_2026["I420"]), ("Add:", "0", "I420", UNTIL_2026["I420"]),
    *(("Add:", "1", code, title) for code, title in SINCE_2027.items()),
    ("Revise from:", "1", "A009", ALWAYS["A009"]), ("Revise to:", "1", "A009", "Cholera, not specified"),
])  # fmt: skip


def index(
    title: str = "ICD-10-CM INDEX TO DISEASES and INJURIES", year: int = 2027, terms: str = ""
) -> bytes:
    terms = terms or (
        "<mainTerm><title>Cardiomyopathy<nemod>(familial) (idiopathic)</nemod></title><code>I42.1</code>"
        "<term level='1'><title>dilated</title><code>I42.0-</code><term level='2'><title>genetic</title>"
        "<code>I42.01</code></term></term><term level='1'><title>in cholera</title><code>A00.9</code>"
        "<manif>I42.1</manif></term></mainTerm>"
        "<mainTerm><title>Cholera</title><code>A00.9</code><seeAlso>Typhoid</seeAlso></mainTerm>"
        "<mainTerm><title>Disease, heart muscle</title><see>Cardiomyopathy</see></mainTerm>"
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?>\n<ICD10CM.index><version>{year}</version><title>{title}</title>"
        f"<letter><title>C</title>{terms}</letter></ICD10CM.index>"
    ).encode()


DRUG = index(
    "ICD-10-CM TABLE OF DRUGS and CHEMICALS",
    terms="<mainTerm><title>Vibrio vaccine</title><cell col='2'>A00.0</cell><cell col='3'>A00.1</cell>"
    "<cell col='4'>--</cell><cell col='5'>A00.9</cell></mainTerm>",
)
NEOPLASM = index(
    "ICD-10-CM TABLE of NEOPLASMS",
    terms="<mainTerm><title>Neoplasm, neoplastic</title><term level='1'><title>heart</title><cell col='2'>I42.1</cell>"
    "<cell col='3'>--</cell></term></mainTerm>",
)
EXTERNAL = index(
    "ICD-10-CM EXTERNAL CAUSE OF INJURIES INDEX",
    terms="<mainTerm><title>Resuscitation, none</title><code>Z66</code></mainTerm>",
)

PCS_TABLES = b"""<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.tabular><version>2027</version><title>ICD-10-PCS</title><pcsTable>
<axis pos="1" values="1"><title>Section</title><label code="0">Medical and Surgical</label></axis>
<axis pos="2" values="1"><title>Body System</title><label code="D">Gastrointestinal System</label></axis>
<axis pos="3" values="1"><title>Operation</title><label code="T">Resection</label>
<definition>Cutting out or off, without replacement, all of a body part</definition></axis>
<pcsRow codes="4"><axis pos="4" values="1"><title>Body Part</title><label code="J">Appendix</label></axis>
<axis pos="5" values="4"><title>Approach</title><label code="0">Open</label>
<label code="4">Percutaneous Endoscopic</label><label code="7">Via Natural or Artificial Opening</label>
<label code="8">Via Natural or Artificial Opening Endoscopic</label></axis>
<axis pos="6" values="1"><title>Device</title><label code="Z">No Device</label></axis>
<axis pos="7" values="1"><title>Qualifier</title><label code="Z">No Qualifier</label></axis></pcsRow>
</pcsTable></ICD10PCS.tabular>
"""
PCS_INDEX = b"""<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.index><version>2027</version><title>Index</title><letter><title>A</title>
<mainTerm><title>Appendectomy</title><see>Resection, Gastrointestinal System<tab>0DT</tab></see></mainTerm>
<mainTerm><title>Appendix epiploica</title><use>Greater Omentum</use></mainTerm>
<mainTerm><title>Resection</title><term level="1"><title>Appendix</title><codes>0DTJ</codes></term></mainTerm>
</letter></ICD10PCS.index>
"""
PCS_DEFINITIONS = b"""<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.definitions><version>2027</version><section code="0"><title>Medical and Surgical</title>
<axis pos="3"><title>Operation</title><terms><title>Resection</title>
<definition>Cutting out or off, without replacement, all of a body part</definition><explanation>All of it</explanation>
<includes>Cholecystectomy</includes><includes>Total nephrectomy</includes></terms></axis></section>
</ICD10PCS.definitions>
"""
POA_2026 = (
    b"Order26\tPOAexemptCode\tDescription\r\n00010\tA00.0\tCholera\r\n90000\tZ66\tDo not resuscitate\r\n"
)
POA_ADD = b"Order27\tPOAexemptCode\tDescription\r\n00012\tI42.00\tDilated\r\n"
POA_DELETE = b"Order27\tPOAexemptCode\tDescription\r\n00010\tA00.0\tCholera\r\n"
POA_2027 = (
    b"Order27\tPOAexemptCode\tDescription\r\n00012\tI42.00\tDilated\r\n90000\tZ66\tDo not resuscitate\r\n"
)

TABLE_5 = (
    b'"TABLE 5.\x97LIST OF MEDICARE SEVERITY DIAGNOSIS-RELATED GROUPS (MS-DRGS), RELATIVE WEIGHTING FACTORS, \n'
    b'AND GEOMETRIC AND ARITHMETIC MEAN LENGTH OF STAY\x97FY 2027 Final Rule"\t\t\t\t\t\t\t\t\t\r\n'
    b"MS-DRG \tFY 2027 Final Post-Acute DRG\tFY 2027 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
    b"Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS\t\r\n"
    b'003\tYes\tNo\tPRE\tSURG\t"ECMO OR TRACHEOSTOMY, >96 HOURS"\t21.0000\t21.2252\t22.4\t33.0\t\r\n'
    b"282\tNo\tNo\t05\tMED\tACUTE MYOCARDIAL INFARCTION\t0.7200\t0.7200\t1.7\t2.0\t\r\n"
    b"998\tNo\tNo\t \t**\tPRINCIPAL DIAGNOSIS INVALID\t.\t.\t.\t.\t\r\n"
    b"999\tNo\tNo\t \t**\tUNGROUPABLE\t.\t.\t.\t.\t\r\n\t\t\t\t\t\t\t\t\t\t\r\n"
)
TABLE_6I = (
    b"TABLE 6I - COMPLETE MCC LIST\r\nDiagnosis Code\tDescription\r\n"
    b"A02.1\tSalmonella sepsis\r\n\t\r\n\tNotes:\r\n"
)
TABLE_6J = (
    b"TABLE 6J - COMPLETE CC LIST\r\nDiagnosis Code\tDescription\r\n"
    b"A00.0\tTitle\r\nA00.1\tTitle\r\nA00.9\tTitle\r\nI42.00\tTitle\r\nI42.01\tTitle\r\nI42.09\tTitle\r\n"
    b"I42.1\tTitle\r\n\t\r\n\tNotes:\r\n"
)
TABLE_6K = (
    b"TABLE 6K - COMPLETE LIST OF CC EXCLUSIONS\r\n\r\nK Part 1: List of CC and Major CC Codes\r\n"
    b" I10 Dx  Lev PDX Exclusions   ICD-10-CM Description\r\n"
    b" A000    CC  0002:3 codes     Cholera due to Vibrio cholerae 01, biovar cholerae\r\n"
    b" A001    CC  0002:3 codes     Cholera due to Vibrio cholerae 01, biovar eltor\r\n"
    b" A009    CC  0002:3 codes     Cholera, unspecified\r\n"
    b" A021    MCC 0003:1 code      Salmonella sepsis\r\n"
    b" I4200   CC  No Excl          Dilated cardiomyopathy, unspecified\r\n"
    b" I4201   CC  No Excl          Dilated cardiomyopathy due to other genetic variant\r\n"
    b" I4209   CC  No Excl          Other dilated cardiomyopathy\r\n"
    b" I421    CC  No Excl          Obstructive hypertrophic cardiomyopathy\r\n\r\n"
    b"PDX collection 0002\r\n  A000    Cholera\r\n  A001    Cholera\r\n  A009    Cholera\r\n\r\n"
    b"PDX collection 0003\r\n  A021    Salmonella sepsis\r\n\r\n"
    b"K Part 2: MCC only if discharged alive\r\n  I469  Arrest\r\n"
)


def hcpcs_line(
    code: str, sequence: int, record: str, piece: str, *, short: str = "", added: str = "20200101",
    begins: str = "20260101", ends: str = "", action: str = "N",
) -> str:  # fmt: skip
    """A line of the HCPCS file: 320 columns."""
    line = f"{code:<5}{sequence:05}{record}{piece:<80}{short:<28}{'':8} {'':76}{'':25}C{'':26}Y1A{'':11}"
    line = line[:268].ljust(268) + f"{added:<8}{begins:<8}{ends:<8}{action}"
    return line.ljust(320)


HCPCS_2026 = "\r\n".join([
    "HCPCS Level II, alphanumeric file. Disclaimer.", "Record length 320.", "",
    hcpcs_line("G0378", 100, "3", "Hospital observation service, per", short="Hospital observation per hr"),
    hcpcs_line("G0378", 110, "4", "hour (caf\xe9 style)"),
    hcpcs_line("J9999", 200, "3", "Not otherwise classified", short="Chemotherapy drug", ends="20260331", action="D"),
    hcpcs_line("D0120", 300, "3", "Periodic oral evaluation", short="Dental"),
    hcpcs_line("   LT", 400, "7", "Left side", short="Left side"), "",
]).encode("cp1252")  # fmt: skip

CPT = (
    b"code,short,long,effective,end\r\n99213,Office visit,Office or other outpatient visit,2024-01-01,\r\n"
    b"99000,Handling,,,2025-12-31\r\n"
)

# A file of every kind, as it is named when it is published.
FILES = {
    "icd10cm_order_2027.txt": ("cm-order", CM_2027),
    "icd10cm_order_addenda_2027.txt": ("cm-addenda", ADDENDA_2027),
    "icd10cm_tabular_2027.xml": ("cm-tabular", tabular(2027)),
    "icd10cm_index_2027.xml": ("cm-index", index()),
    "icd10cm_eindex_2027.xml": ("cm-external", EXTERNAL),
    "icd10cm_neoplasm_2027.xml": ("cm-neoplasm", NEOPLASM),
    "icd10cm_drug_2027.xml": ("cm-drug", DRUG),
    "icd10pcs_order_2027.txt": ("pcs-order", PCS_2027),
    "icd10pcs_tables_2027.xml": ("pcs-tables", PCS_TABLES),
    "icd10pcs_index_2027.xml": ("pcs-index", PCS_INDEX),
    "icd10pcs_definitions_2027.xml": ("pcs-definitions", PCS_DEFINITIONS),
    "POAexemptCodesFY27.txt": ("poa-exempt", POA_2027),
    "CMS-1833-F Table 5.txt": ("table-5", TABLE_5),
    "CMS-1833-F Table 6I FY 2027.txt": ("table-6i", TABLE_6I),
    "CMS-1833-F Table 6J FY 2027.txt": ("table-6j", TABLE_6J),
    "CMS-1833-F Table 6K FY 2027.txt": ("table-6k", TABLE_6K),
    "HCPC2026_JAN_ANWEB.txt": ("hcpcs", HCPCS_2026),
}  # fmt: skip
