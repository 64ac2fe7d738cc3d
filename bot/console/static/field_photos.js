// Photos before they are sent: made smaller, so that a weak network carries them and a phone
// holds many, and drawn on a canvas, since the policy allows no picture from elsewhere.

const LONGEST_SIDE = 2560;
const SMALL_BYTES = 1500 * 1024;
const QUALITY = 0.88;
const PREVIEW_PIXELS = 320;

// Returns a JPEG of at most 2,560 pixels a side, or the file itself when it is small or the
// browser cannot read it: the service then says what is wrong.
export async function shrunk(file) {
  if (file.size <= SMALL_BYTES) return file;
  const canvas = await drawn(file, LONGEST_SIDE);
  const blob = canvas && await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob && blob.size < file.size ? new File([blob], "photo.jpg", { type: "image/jpeg" }) : file;
}

export async function showPreviews(place, files) {
  const pictures = [];
  for (const file of files) pictures.push((await drawn(file, PREVIEW_PIXELS)) ?? "〔看不了，仍会提交〕");
  place.replaceChildren(...pictures);
}

async function drawn(blob, longest) {
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "选好的照片");
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; // what is transparent would become black
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas;
  } catch {
    return undefined;
  }
}
