// The form of a case that is entered for others: a building is found by typing part of its name.

import { setUpFinding } from "./field_finding.js";

setUpFinding();
