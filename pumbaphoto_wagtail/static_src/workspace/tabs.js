// On a telephone the tabs are wider than the window: the one that is open comes into its middle.

export function showCurrentTab() {
  const tabs = document.querySelector(".pumba-tabs .w-tabs__wrapper");
  const current = tabs?.querySelector("[aria-current]");
  if (current) {
    // Not scrollIntoView, which would move the page as well; and this holds from right to left too.
    tabs.scrollLeft += middle(current) - middle(tabs);
  }
}

function middle(part) {
  const { left, width } = part.getBoundingClientRect();
  return left + width / 2;
}
