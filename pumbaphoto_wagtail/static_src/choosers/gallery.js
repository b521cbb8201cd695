// Wagtail's chooser widget, begun without an inline script, and with a picture where there is one.

const { Controller } = window.StimulusModule;

// Made when it is needed: pages without a chooser do not load Wagtail's.
const makePictureChooser = () => class extends window.Chooser {
  initHTMLElements(id) {
    super.initHTMLElements(id);
    this.picture = this.chooserElement.querySelector("[data-pumba-chosen-picture]");
  }

  getStateFromHTML() {
    const state = super.getStateFromHTML();
    if (state && this.picture) {
      state.picture = this.picture.getAttribute("src");
    }
    return state;
  }

  renderState(state) {
    super.renderState(state);
    if (this.picture) {
      this.picture.src = state.picture ?? "";
    }
  }
};

export class ChooserController extends Controller {
  static values = { input: String, options: Object };

  connect() {
    if (!this.chooser) {
      const PictureChooser = makePictureChooser();
      this.chooser = new PictureChooser(this.inputValue, this.optionsValue);
    }
  }
}
