"""The learning rules of torch.optim, each a class in `rules.py`.

Every rule is: after = before − learning rate · direction. The rules differ in the direction.
"""

from excel_export.optim import rules as rules  # which registers them
from excel_export.optim.rule import PLAIN, RULES, LearningRule, as_rule, hyperparameters
from excel_export.optim.rule_formulas import ChosenRule, RuleFormulas

__all__ = ["PLAIN", "RULES", "ChosenRule", "LearningRule", "RuleFormulas", "as_rule", "hyperparameters"]
