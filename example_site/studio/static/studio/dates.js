// Date fields in Wagtail's admin, started without the inline script that its own template has.
const start = {
  date: "initDateChooser",
  datetime: "initDateTimeChooser",
  time: "initTimeChooser",
};

window.wagtail.app.register(
  "studio-date",
  class extends window.StimulusModule.Controller {
    static values = { kind: String, options: Object };

    connect() {
      window[start[this.kindValue]](this.element.querySelector("input").id, this.optionsValue);
    }
  },
);
