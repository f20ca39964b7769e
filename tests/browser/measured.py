"""What a page can tell of a form: room, contrast, the order of keys, and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Locator

# Whatever is wider than its place, or reaches out of the form; what scrolls by itself may.
OVERFLOWS = """form => {
    const right = form.getBoundingClientRect().right + 1;
    const wrong = [];
    for (const one of [form, ...form.querySelectorAll('*')]) {
        const box = one.getBoundingClientRect();
        if (!box.width || one.closest('style')) continue;
        const inside = one.parentElement.closest('.ek-scroll');
        const rolls = one.matches('.ek-scroll, textarea, input, select');
        if (inside || rolls ? false : one.clientWidth && one.scrollWidth > one.clientWidth + 1)
            wrong.push(`${one.tagName}.${one.className} is ${one.scrollWidth} wide in ` +
                `${one.clientWidth}: ${one.textContent.slice(0, 40)}`);
        if (!inside && box.right > right)
            wrong.push(`${one.tagName}.${one.className} ends ${box.right - right} too far right`);
    }
    return wrong;
}"""
# The contrast of texts as WCAG counts it, least first, of one text for each pair of colours.
CONTRASTS = """(form, more) => {
    const numbers = text => (text.match(/[0-9.]+/g) || []).map(Number);
    const over = (top, under) => {
        const alpha = top[3] ?? 1;
        return [0, 1, 2].map(n => top[n] * alpha + under[n] * (1 - alpha));
    };
    const ground = one => {
        if (!one) return [255, 255, 255];
        const own = numbers(getComputedStyle(one).backgroundColor);
        if ((own[3] ?? 1) === 1) return own.slice(0, 3);
        return over(own, ground(one.parentElement));
    };
    const light = rgb => {
        const [r, g, b] = rgb.map(n => n / 255)
            .map(n => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = {};
    for (const one of form.querySelectorAll(
        '.ek-note, .ek-reason, .ek-problem, .ek-status, .ek-mark, label, span, h3, h4, td, th, ' +
        'button:not([disabled]), .lm-TabBar-tabLabel, summary, li' + more)) {
        if (!one.textContent.trim() || !one.offsetParent) continue;
        const under = ground(one);
        const colour = over(numbers(getComputedStyle(one).color), under);
        const [high, low] = [light(colour), light(under)].sort((a, b) => b - a);
        const name = one.className || one.tagName;
        const ratio = (high + 0.05) / (low + 0.05);
        if (!(found[name] <= ratio)) found[name] = ratio;
    }
    return found;
}"""
FOCUSED = """() => {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const form = one.closest('.ek-form');
    if (!form) return null;
    const top = form.getBoundingClientRect().top;
    const own = [...(one.labels || [])].map(label => label.textContent).join(' ');
    const kind = one.type || one.tagName;
    return {kind, height: box.height, name: own || one.textContent.trim() || one.title, x: box.left,
        y: box.top - top + box.height / 2};
}"""
# From the last key to the moment at which places of the form say what is expected.
LATE = "new Promise((_, fail) => setTimeout(() => fail(new Error('not said in time')), 30000))"
UNTIL_SAID = """([form, expected]) => {
    window.took = new Promise(done => {
        let pressed = 0;
        form.addEventListener('input', () => { pressed = performance.now(); }, true);
        const said = ([place, text]) => form.querySelector(place).textContent.includes(text);
        new MutationObserver((_, watch) => {
            if (!pressed || !expected.every(said)) return;
            watch.disconnect();
            done(performance.now() - pressed);
        }).observe(form, {subtree: true, childList: true, characterData: true});
    });
}"""


def overflows(form: Locator) -> list[str]:
    """List what does not fit into the form's width."""
    return list(form.evaluate(OVERFLOWS))


def contrasts(form: Locator, *more: str) -> dict[str, float]:
    """Give the least contrast of the texts of each kind; `more` names kinds beside the usual."""
    return dict(form.evaluate(CONTRASTS, "".join(f", {one}" for one in more)))


def walk(form: Locator, first: Locator, last: str) -> list[dict[str, Any]]:
    """Go by Tab from the first control up to the last one; give each with its place."""
    page = form.page
    first.focus()
    seen = [page.evaluate(FOCUSED)]
    while seen[-1]["name"] != last:
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        assert here is not None, f"Tab left the form after {seen[-1]['name']}"
        if here["name"] != seen[-1]["name"]:  # a day has three fields and a button
            seen.append(here)
        assert len(seen) < 100
    return seen


def milliseconds(form: Locator, expected: dict[str, str], keys: str) -> float:
    """Type keys, and measure from the last one until the form says what is expected."""
    form.evaluate(f"(form, expected) => ({UNTIL_SAID})([form, expected])", list(expected.items()))
    form.page.keyboard.type(keys)
    return float(form.page.evaluate(f"() => Promise.race([window.took, {LATE}])"))
