/** Lay the picture after over the picture before, with a slider that says where one ends. */
export const layOver = (comparison) => {
  const slider = comparison.querySelector("input[type=range]");
  const [, after] = comparison.querySelectorAll("img");
  const draw = () => {
    after.style.clipPath = `inset(0 0 0 ${slider.value}%)`;
    comparison.style.setProperty("--split", `${slider.value}%`);
  };
  comparison.classList.add("pumba-before-after--over");
  slider.hidden = false;
  slider.addEventListener("input", draw);
  draw();
};
