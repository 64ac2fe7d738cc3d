// Finding a building in a long list: by typing part of its name or code, or by a photo of its
// code where the browser reads such. Without scripts the whole list stands there.

const NOTHING = "没有找到，换几个字，或选“名单里没有这栋楼”。";
const UNREADABLE = "没有从照片里读出楼栋编码，请输入码下面的8位编码，或从名单里选。";

const plain = (text) => text.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();

export function setUpFinding() {
  const field = document.getElementById("find");
  if (!field) return;
  document.getElementById("finding").hidden = false;
  const place = document.getElementById("place");
  const find = place ? () => choose(place, field.value) : () => sift(field.value);
  field.addEventListener("input", () => say(find() || !field.value ? "" : NOTHING));
  if (place) setUpScanning(field, find);
}

// Options cannot be hidden in every browser, so the first that fits is chosen.
function choose(place, typed) {
  const wanted = plain(typed);
  if (!wanted) return false;
  const fits = ({ value, text }) => value.startsWith("building:") && plain(text + value.slice(9)).includes(wanted);
  const found = [...place.options].filter(fits);
  if (found.length) {
    place.value = found[0].value;
    place.dispatchEvent(new Event("change", { bubbles: true }));
  }
  say(found.length > 1 ? `找到${found.length}栋，先选了第一栋，可在下面改。` : "");
  return found.length > 0;
}

function sift(typed) {
  const wanted = plain(typed);
  let count = 0;
  for (const row of document.querySelectorAll("#grounds > li")) {
    row.hidden = !plain(row.dataset.find).includes(wanted);
    if (!row.hidden) count += 1;
  }
  return count > 0;
}

function setUpScanning(field, find) {
  if (!("BarcodeDetector" in window)) return;
  document.getElementById("scanning").hidden = false;
  const scan = document.getElementById("scan");
  scan.addEventListener("change", async () => {
    const text = await read(scan.files[0]);
    scan.value = "";
    const code = plain(text).match(/[0-9A-Z]{8}/g)?.find((one) => optionOf(one));
    field.value = code ?? "";
    if (!code || !find()) say(UNREADABLE);
  });
}

function optionOf(code) {
  return document.querySelector(`#place option[value="building:${code}"]`);
}

async function read(photo) {
  try {
    const bitmap = await createImageBitmap(photo);
    const found = await new window.BarcodeDetector({ formats: ["qr_code"] }).detect(bitmap);
    return found.map(({ rawValue }) => rawValue).join(" ");
  } catch {
    return "";
  }
}

function say(words) {
  const place = document.getElementById("find-said");
  if (place.textContent !== words) place.textContent = words;
}
