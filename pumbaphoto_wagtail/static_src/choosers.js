// What our form fields need on any page of the admin, Wagtail's own page editor among them.

import { ClientsController } from "./choosers/clients.js";
import { ChooserController } from "./choosers/gallery.js";

window.wagtail.app.register("pumba-chooser", ChooserController);
window.wagtail.app.register("pumba-clients", ClientsController);
