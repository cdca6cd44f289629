"""The words that messages have where a utility gives none of its own: English, German, Spanish."""

from __future__ import annotations

from typing import Any, Final

LANGUAGES: Final[list[dict[str, Any]]] = [
    {
        "language": "en",
        "text": {
            "detected": "Your power has been out since {{ since }}. We are finding out why.",
            "assessing": "Your power has been out since {{ since }}. We are assessing the cause and cannot name a time "
            "yet.",
            "crew_assigned": "Your power has been out since {{ since }}. A crew "
            "{{ {'assigned': 'has been assigned', 'en_route': 'is on its way'}.get(crew_status, 'is at work') }}.",
            "estimate": "Your power has been out since {{ since }}. We expect it back by {{ etr_public }}.",
            "planned": "Your power has been off for planned work since {{ since }}. It is to be back by "
            "{{ etr_public or planned_to }}.",
            "still_out": "We told you that your power was back. That was wrong, and we are sorry. {{ otherwise }}",
            "restored": "Your power has been back since {{ since }}.",
            "probably_restored_please_confirm": "Your power should have been back since {{ since }}. If it is not, "
            "please tell us.",
            "never_out": "We told you of an outage that did not reach you. We are sorry for the mistake.",
            "cancelled": "We told you of an outage, and there was none. We are sorry for the mistake.",
            "unknown": "We cannot see at the moment whether you have power. If it is out, please tell us.",
            "digest": "{% if out == '0' %}None of your {{ total }} connections is known to be without power any more."
            "{% else %}{{ out }} of your {{ total }} connections {{ 'is' if out == '1' else 'are' }} without power."
            "{% if etr_public %} We expect all back by {{ etr_public }}.{% endif %}{% endif %}",
            "announced": "{{ 'To prevent harm we may have to switch off your power' if work == 'shut_off' else "
            "'Your power will be off for planned work' }} from {{ planned_from }} to {{ planned_to }}.",
            "changed": "{{ 'The safety shut-off' if work == 'shut_off' else 'The planned work' }} that we told you of "
            "has changed: your power will be off from {{ planned_from }} to {{ planned_to }}.",
            "called_off": "{{ 'The safety shut-off' if work == 'shut_off' else 'The planned work' }} from "
            "{{ planned_from }} to {{ planned_to }} has been called off.",
            "third_party": "This is about a customer who has named you as a contact, and is told: {{ otherwise }}",
        },
    },
    {
        "language": "de",
        "date": "%d.%m.%Y %H:%M",
        "text": {
            "detected": "Ihr Strom ist seit {{ since }} aus. Wir suchen die Ursache.",
            "assessing": "Ihr Strom ist seit {{ since }} aus. Wir klären die Ursache und können noch keine Zeit "
            "nennen.",
            "crew_assigned": "Ihr Strom ist seit {{ since }} aus. Ein Trupp "
            "{{ {'assigned': 'ist eingeteilt', 'en_route': 'ist unterwegs'}.get(crew_status, 'arbeitet daran') }}.",
            "estimate": "Ihr Strom ist seit {{ since }} aus. Wir erwarten ihn bis {{ etr_public }} zurück.",
            "planned": "Ihr Strom ist wegen geplanter Arbeiten seit {{ since }} abgeschaltet. Er soll bis "
            "{{ etr_public or planned_to }} wieder da sein.",
            "still_out": "Wir haben gemeldet, Ihr Strom sei wieder da. Das war falsch, wir bitten um Entschuldigung. "
            "{{ otherwise }}",
            "restored": "Ihr Strom ist seit {{ since }} wieder da.",
            "probably_restored_please_confirm": "Ihr Strom müsste seit {{ since }} wieder da sein. Wenn nicht, "
            "sagen Sie es uns bitte.",
            "never_out": "Wir haben einen Ausfall gemeldet, der Sie nicht betraf. Wir bitten um Entschuldigung.",
            "cancelled": "Wir haben einen Ausfall gemeldet, den es nicht gab. Wir bitten um Entschuldigung.",
            "unknown": "Wir sehen zurzeit nicht, ob Sie Strom haben. Wenn er aus ist, sagen Sie es uns bitte.",
            "digest": "{% if out == '0' %}Von Ihren {{ total }} Anschlüssen ist unseres Wissens keiner mehr ohne Strom."
            "{% else %}{{ out }} Ihrer {{ total }} Anschlüsse {{ 'ist' if out == '1' else 'sind' }} ohne Strom."
            "{% if etr_public %} Wir erwarten alle bis {{ etr_public }} zurück.{% endif %}{% endif %}",
            "announced": "{{ 'Um Schaden zu verhüten, müssen wir Ihren Strom vielleicht abschalten' if work == "
            "'shut_off' else 'Wegen geplanter Arbeiten wird Ihr Strom abgeschaltet' }}: von {{ planned_from }} bis "
            "{{ planned_to }}.",
            "changed": "{{ 'Die angekündigte Abschaltung zur Sicherheit hat' if work == 'shut_off' else 'Die "
            "angekündigten Arbeiten haben' }} sich geändert: Ihr Strom ist von {{ planned_from }} bis {{ planned_to }} "
            "abgeschaltet.",
            "called_off": "{{ 'Die Abschaltung zur Sicherheit ist' if work == 'shut_off' else 'Die geplanten Arbeiten "
            "sind' }} abgesagt: von {{ planned_from }} bis {{ planned_to }}.",
            "third_party": "Es geht um eine Kundin oder einen Kunden, von denen Sie als Kontakt benannt sind. Gemeldet "
            "wird dort: {{ otherwise }}",
        },
    },
    {
        "language": "es",
        "date": "%d/%m/%Y %H:%M",
        "text": {
            "detected": "Está sin luz desde {{ since }}. Estamos buscando la causa.",
            "assessing": "Está sin luz desde {{ since }}. Estamos evaluando la causa y aún no podemos dar una hora.",
            "crew_assigned": "Está sin luz desde {{ since }}. Una cuadrilla "
            "{{ {'assigned': 'está asignada', 'en_route': 'va en camino'}.get(crew_status, 'está trabajando') }}.",
            "estimate": "Está sin luz desde {{ since }}. Esperamos que vuelva antes de {{ etr_public }}.",
            "planned": "Está sin luz por trabajos programados desde {{ since }}. Volverá antes de "
            "{{ etr_public or planned_to }}.",
            "still_out": "Le dijimos que la luz había vuelto. Fue un error, lo sentimos. {{ otherwise }}",
            "restored": "La luz ha vuelto desde {{ since }}.",
            "probably_restored_please_confirm": "La luz debería haber vuelto desde {{ since }}. Si no es así, "
            "díganoslo, por favor.",
            "never_out": "Le avisamos de un corte que no le afectó. Sentimos el error.",
            "cancelled": "Le avisamos de un corte que no existió. Sentimos el error.",
            "unknown": "Ahora mismo no podemos ver si tiene luz. Si no la tiene, díganoslo, por favor.",
            "digest": "{% if out == '0' %}Que sepamos, ninguna de sus {{ total }} conexiones sigue sin luz."
            "{% else %}{{ out }} de sus {{ total }} conexiones {{ 'está' if out == '1' else 'están' }} sin luz."
            "{% if etr_public %} Esperamos que todas vuelvan antes de {{ etr_public }}.{% endif %}{% endif %}",
            "announced": "{{ 'Para evitar daños quizá tengamos que cortar su luz' if work == 'shut_off' else "
            "'Cortaremos su luz por trabajos programados' }} desde {{ planned_from }} hasta {{ planned_to }}.",
            "changed": "{{ 'El corte de seguridad anunciado ha cambiado' if work == 'shut_off' else 'Los trabajos "
            "anunciados han cambiado' }}: estará sin luz desde {{ planned_from }} hasta {{ planned_to }}.",
            "called_off": "{{ 'Se ha cancelado el corte de seguridad' if work == 'shut_off' else 'Se han cancelado los "
            "trabajos programados' }}: desde {{ planned_from }} hasta {{ planned_to }}.",
            "third_party": "Le escribimos por una persona que le ha nombrado como contacto. Se le dice: "
            "{{ otherwise }}",
        },
    },
]
