"""Learning rules as torch.optim has them: `rules.py` has each as one class, and a new one belongs there.

Every rule is: after = before − learning rate · direction. The rules differ in the direction.
"""

from excel_export.optim import rules as rules  # which registers them
from excel_export.optim.choice import Choice
from excel_export.optim.formulas import FixedRule, RuleFormulas
from excel_export.optim.learning_rule import PLAIN, LearningRule, as_rule
from excel_export.optim.rule import RULES, hyperparameters

__all__ = ["PLAIN", "RULES", "Choice", "FixedRule", "LearningRule", "RuleFormulas", "as_rule", "hyperparameters"]
