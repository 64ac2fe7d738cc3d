// Where somebody stands, as the browser knows it (WGS-84), each time with its own question.

const PATIENCE = { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 };
const DENIED = "没有拿到位置权限。打字说在哪栋楼几层也行。";
const FAILED = "这会儿定位不了。打字说在哪栋楼几层也行。";

// Returns {latitude, longitude}.
// Throws an Error whose message says, in words, what to do instead.
export function whereabouts() {
  return new Promise((found, failed) => {
    // Over plain http there is none.
    if (!navigator.geolocation || !window.isSecureContext) return failed(new Error(FAILED));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ latitude: coords.latitude, longitude: coords.longitude }),
      (error) => failed(new Error(error.code === error.PERMISSION_DENIED ? DENIED : FAILED)),
      PATIENCE,
    );
  });
}
