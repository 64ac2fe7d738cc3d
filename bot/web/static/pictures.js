// Photos before they are sent: made smaller, and drawn as small pictures. Drawn on a canvas,
// since the page's policy allows no picture from anywhere but the service.

const LONGEST_SIDE = 2560;
const SMALL_BYTES = 1500 * 1024;
const QUALITY = 0.88;
const THUMBNAIL_PIXELS = 480;

// Returns a JPEG of at most 2,560 pixels a side, which a weak network can carry, or the file
// itself when it is small or the browser cannot read it: the service then says what is wrong.
export async function shrunk(file) {
  if (file.size <= SMALL_BYTES) return file;
  const canvas = await drawn(file, LONGEST_SIDE);
  const blob = canvas && await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return blob && blob.size < file.size ? blob : file;
}

// Returns a small picture to show, or undefined when the browser cannot read it.
export async function thumbnail(blob) {
  const canvas = await drawn(blob, THUMBNAIL_PIXELS);
  canvas?.setAttribute("role", "img");
  canvas?.setAttribute("aria-label", "照片");
  return canvas;
}

async function drawn(blob, longest) {
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
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
