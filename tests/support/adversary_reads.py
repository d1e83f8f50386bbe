"""How adversaries read a number out of a tensor, and what they ask about it.

No question is about a band that is narrower than 0.3, nor about large numbers alone: such a window may lie between the
numbers that the exporter tries, which is a known limit.
"""

READS = {
    "item": "v = {t}.{s}().item()",
    "float": "v = float({t}.detach().{s}())",
    "int": "v = int({t}.{s}() * 2)",
    "numpy": "v = {t}.numpy(force=True).{s}()",
    "asarray": "v = float(np.asarray({t}.detach()).{s}())",
    "tolist": "v = sum({t}.flatten().tolist()) / {t}.numel()",
    "median": "v = statistics.median({t}.flatten().tolist())",
    "spread": "numbers = {t}.flatten().tolist()\nv = max(numbers) - min(numbers)",
    "sorted": "v = sorted({t}.flatten().tolist())[1]",
    "largest by Python": "v = float(max({t}.detach().flatten()))",
    "count": "v = int(({t} > {a}).sum())",
    "count by Python": "v = sum(number > {a} for number in {t}.flatten().tolist())",
    "count by NumPy": "v = int((np.asarray({t}.detach()) > {a}).sum())",
    "each by item": "v = sum(each.item() for each in {t}.flatten())",
    "place": "v = int({t}.argmax())",
    "place by NumPy": "v = int(np.argmax({t}.numpy(force=True)))",
    "index": "v = (-1.0, 0.5, 2.0, 3.5)[({t}.{s}() > {a}).long()]",
    "truth value": "v = float(bool({t}.{s}() > {a}))",
    "contained": "v = float({t}.max() in {t}[0])",
    "equal": "v = float(torch.equal({t}[0] > {a}, {t}[1] > {a}))",
    "math": "v = math.tanh({t}.{s}().item()) * 3",
    "rounded": "v = round({t}.{s}().item(), 1)",
    "whole": "v = {t}.{s}().item() // 0.5",
    "f-string": "v = float(f'{{{t}.{s}():.2f}}')",
    "repr": "v = float(repr({t}.{s}().item()))",
    "text of a tensor": "v = float(repr({t}.detach().{s}()).split('(')[1].split(',')[0].rstrip(')'))",
    "log": "self.log.append({t}.{s}().item())\nv = sum(self.log[-3:]) / len(self.log[-3:])",
    "log of tensors": "self.log.append({t}.{s}().detach())\nv = float(torch.stack(self.log).mean())",
    "best": "self.best = min(self.best, {t}.{s}().item())\nv = self.best",
    "counter": "self.count += int({t}.{s}() > {a})\nv = self.count",
    "cache": "self.cache['v'] = {t}.{s}().item()\nv = self.cache['v']",
    "cache of a tensor": "self.cache.setdefault('t', {t}.detach().clone())\nv = self.cache['t'].{s}().item()",
    "another function": "v = read({t}.{s}())",
    "generator": "v = next(each for each in map(float, {t}.{s}().reshape(1)))",
    "gradient": (
        "side = {t}.detach().requires_grad_()\nv = float(torch.autograd.grad(side.square().sum(), side)[0].{s}()) / 2"
    ),
}
"""How `v` is read out of a tensor `t`; `s` is what is taken of it, and `a` a number."""
QUESTIONS = {
    "above": "c = v > {a}",
    "below": "c = {a} >= v",
    "band": "c = {a} < v < {a} + {w}",
    "sign": "c = math.copysign(1.0, v) > 0",
    "round in a set": "c = round(v) in {{{i}, {j}}}",
    "round in a set that is computed": "c = round(v) in {{round({a})}}",
    "even": "c = round(v) % 2 == 0",
    "text begins": "c = f'{{v:.0f}}'.startswith('-')",
    "text is": "c = f'{{v:.0f}}' == '{i}'",
    "text in a set": "c = f'{{v:.0f}}' in {{'{i}', '{j}'}}",
    "percent": "c = '%.0f' % v != '{i}'",
    "length of a text": "c = len(f'{{v:.0f}}') > 1",
    "letters": "c = '1' in f'{{v:.0f}}'",
    "size of a set": "c = len({{round(v), {i}, {j}}}) == 3",
    "key": "c = {{{i}: True}}.get(round(v), False)",
    "match": "match round(v):\n    case {i} | {j}:\n        c = True\n    case _:\n        c = False",
    "assert, caught": "c = False\ntry:\n    assert v < {a}\nexcept AssertionError:\n    c = True",
    "raise, caught": (
        "try:\n    if v > {a}:\n        raise ValueError('too large')\n    c = True\nexcept ValueError:\n    c = False"
    ),
    "suppressed": "c = False\nwith contextlib.suppress(AssertionError):\n    assert v > {a}\n    c = True",
    "another function's error": "c = is_refused(v, {a})",
    "steps of a loop": "for step in range(3):\n    if v > {a} + step:\n        break\nc = step > 0",
    "while": "n = 0\nwhile n < 3 and v > {a} + n:\n    n += 1\nc = n > 1",
    "NumPy's where": "c = bool(np.where(v > {a}, True, False))",
    "two together": "c = v > {a} and bool({t}.max() > {a})",
    "one of two": "c = v > {a} or bool({t}.min() < {a})",
    "one or the other": "c = (v > {a}) != bool({t}.max() > {b})",
    "both at first": "one, two = bool({t}.max() > {b}), v > {a}\nc = one and two",
    "two kinds in a line": "c = bool({t}.max() > {b}) and {t}.min().item() > {a}",
    "two numbers in a line": "c = {t}.max().item() > {a} and {t}.min().item() < {b}",
    "how many": "c = sum(each > {a} for each in {t}.flatten().tolist()) == 2",
    "first and last": "first, *_, last = {t}.flatten().tolist()\nc = first > last + {b}",
    "two numbers": "c = v > {a} and float({t}.max()) > {b}",
    "two numbers apart": "c = v > {a} and float({t}.min()) < {b}",
    "one within the other": "c = False\nif v > {a}:\n    if float({t}.max()) > {b}:\n        c = True",
    "one within a truth value": "c = False\nif {t}.max() > {b}:\n    c = {t}.min().item() < {b}",
    "one behind the other": "c = v > {a}\nif not c:\n    c = bool({t}.min() < {b})",
    "sorted": "c = sorted([v, {a}])[0] == v",
    "bisect": "c = bisect.bisect([{a}], v) == 1",
    "pairs": "c = max((v, 'v'), ({a}, 'a'))[1] == 'v'",
    "bits": "c = bool(int(abs(v)) & 1)",
    "packed": "c = struct.unpack('d', struct.pack('d', v))[0] > {a}",
    "JSON": "c = json.loads(json.dumps(float(v))) > {a}",
    "kept in self": "self.cache['c'] = v > {a}\nc = self.cache['c']",
    "of no more than one item": "c = bool([each for each in (v,) if each > {a}])",
}
"""What is asked about `v`: `c` is a truth value; `b` is another number, `w` a width, `i` and `j` are whole."""
COUNTS = {
    "of size": "k = int(abs(v)) % 3",
    "limited": "k = min(2, max(0, round(v)))",
    "steps": "k = sum(v > {a} + n for n in range(2))",
    "digits": "k = min(2, len(f'{{v:.0f}}') - 1)",
    "bisected": "k = bisect.bisect([{a}, {a} + 1], v)",
    "list": "k = len([n for n in range(2) if v > {a} + n])",
}
"""How a whole number `k` from 0 to 2 is made of `v`."""
ORDERS = {
    "NumPy": "order = np.argsort(({t}.flatten().repeat(2)[:4]).numpy(force=True)).copy()",
    "Python": "numbers = {t}.flatten().repeat(2)[:4].tolist()\norder = sorted(range(4), key=numbers.__getitem__)",
    "pairs": "order = [k for _, k in sorted((float(each), k) for k, each in enumerate({t}.flatten().repeat(2)[:4]))]",
    "tensor": "order = {t}.flatten().repeat(2)[:4].detach().argsort().tolist()",
    "two": "order = [1, 0, 2, 3] if float({t}.flatten()[0]) > float({t}.flatten()[1]) else [0, 1, 2, 3]",
}
"""How an order of four is read out of a tensor."""
