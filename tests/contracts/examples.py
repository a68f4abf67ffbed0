"""One example of every public event, as the golden files hold it: a file for each service."""

from shared.contracts import Event
from tests.contracts import claims_examples, collections_examples, eligibility_examples, payments_examples
from tests.contracts.example_meta import AT as AT
from tests.contracts.example_meta import SEALED as SEALED

EXAMPLES: tuple[Event, ...] = (
    *eligibility_examples.EXAMPLES,
    *claims_examples.EXAMPLES,
    *payments_examples.EXAMPLES,
    *collections_examples.EXAMPLES,
)
