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
        },
    },
]
