"""A quiz as a QTI 2.1 content package.

Source: IMS Question and Test Interoperability 2.1, assessment items and the use of IMS Content Packaging 1.1.
"""

from __future__ import annotations

import io
import zipfile
from typing import Protocol
from xml.etree import ElementTree

from rnnlab.quiz.accepted import Accepted
from rnnlab.quiz.bank import Quiz
from rnnlab.quiz.questions import Question
from rnnlab.quiz.wording import text

_QTI, _PACKAGE = "http://www.imsglobal.org/xsd/imsqti_v2p1", "http://www.imsglobal.org/xsd/imscp_v1p1"
_TEMPLATES = "http://www.imsglobal.org/question/qti_v2p1/rptemplates"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
#: Files in a ZIP carry a time; this one, so that the same quiz makes the same file.
_TIME = (2000, 1, 1, 0, 0, 0)


class Answers(Protocol):
    """Says what is right."""

    def __call__(self, question: Question, *, student: str) -> Accepted: ...


class _Item:
    """One question of one student: where its file lies in the package, and what is in it."""

    def __init__(self, sheet: int, place: int, student: str, question: Question, answers: Answers) -> None:
        self.name = f"item-{sheet}-{place}"
        self.href = f"items/{self.name}.xml"
        self._question, self._accepted = question, answers(question, student=student)
        self._title = f"{question.id} {student}".strip()

    def xml(self) -> ElementTree.Element:
        item = _root("assessmentItem", _QTI, f"{_QTI} {_QTI}.xsd")
        item.attrib |= {"identifier": self.name, "title": self._title, "adaptive": "false", "timeDependent": "false"}
        template = self._declare(item)
        score = _add(item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
        _add(_add(score, "defaultValue"), "value", "0")
        body = _add(item, "itemBody")
        for line in filter(str.strip, text(self._question).splitlines()):
            _add(body, "p", line)
        if template:
            _add(_add(body, "p"), "textEntryInteraction", responseIdentifier="RESPONSE", expectedLength="30")
            _add(item, "responseProcessing", template=f"{_TEMPLATES}/{template}")
        else:
            _add(body, "extendedTextInteraction", responseIdentifier="RESPONSE")
        return item

    def _declare(self, item: ElementTree.Element) -> str:
        """Declare the response and what is right; the template that compares them, "" where a person has to."""
        accepted = self._accepted
        base = "string" if accepted.number is None else "integer"
        response = _add(item, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType=base)
        if not accepted.first:
            return ""
        _add(_add(response, "correctResponse"), "value", accepted.first)
        if accepted.number is not None:
            return "match_correct"
        mapping = _add(response, "mapping", defaultValue="0")
        for answer in dict.fromkeys(accepted.texts):
            _add(mapping, "mapEntry", mapKey=answer, mappedValue="1", caseSensitive="false")
        return "map_response"


def package(quiz: Quiz, answers: Answers) -> bytes:
    """The ZIP: imsmanifest.xml, test.xml with a section for each student, items/….xml.

    Args:
        quiz: what is asked.
        answers: says what is right.
    """
    sections = [
        (student, [_Item(sheet, place, student, question, answers) for place, question in enumerate(questions, 1)])
        for sheet, (student, questions) in enumerate(quiz.sheets(), 1)
    ]
    items = [item for _student, items in sections for item in items]
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        _write(zipped, "imsmanifest.xml", _manifest(items))
        _write(zipped, "test.xml", _test(quiz, sections))
        for item in items:
            _write(zipped, item.href, item.xml())
    return file.getvalue()


def _manifest(items: list[_Item]) -> ElementTree.Element:
    manifest = _root("manifest", _PACKAGE, f"{_PACKAGE} {_PACKAGE}.xsd")
    manifest.attrib["identifier"] = "rnnlab-quiz"
    metadata = _add(manifest, "metadata")
    _add(metadata, "schema", "QTIv2.1 Package")
    _add(metadata, "schemaversion", "1.0.0")
    _add(manifest, "organizations")
    resources = _add(manifest, "resources")
    test = _resource(resources, "test", "imsqti_test_xmlv2p1", "test.xml")
    for item in items:
        _add(test, "dependency", identifierref=item.name)
        _resource(resources, item.name, "imsqti_item_xmlv2p1", item.href)
    return manifest


def _resource(resources: ElementTree.Element, identifier: str, kind: str, href: str) -> ElementTree.Element:
    resource = _add(resources, "resource", identifier=identifier, type=kind, href=href)
    _add(resource, "file", href=href)
    return resource


def _test(quiz: Quiz, sections: list[tuple[str, list[_Item]]]) -> ElementTree.Element:
    test = _root("assessmentTest", _QTI, f"{_QTI} {_QTI}.xsd")
    test.attrib |= {"identifier": "test", "title": quiz.title}
    part = _add(test, "testPart", identifier="part", navigationMode="nonlinear", submissionMode="individual")
    for number, (student, items) in enumerate(sections, 1):
        title = student or quiz.title
        section = _add(part, "assessmentSection", identifier=f"section-{number}", title=title, visible="true")
        for item in items:
            _add(section, "assessmentItemRef", identifier=item.name, href=item.href)
    return test


def _root(tag: str, namespace: str, location: str) -> ElementTree.Element:
    return ElementTree.Element(tag, {"xmlns": namespace, "xmlns:xsi": _INSTANCE, "xsi:schemaLocation": location})


def _add(parent: ElementTree.Element, tag: str, content: str = "", /, **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, tag, attributes)
    child.text = content or None
    return child


def _write(zipped: zipfile.ZipFile, name: str, root: ElementTree.Element) -> None:
    ElementTree.indent(root)
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    zipped.writestr(info, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))
