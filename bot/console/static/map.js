// Draws the places that stand as a list in the page, each with data-latitude and data-longitude
// in the datum of the tiles. Without a tile address the map has a plain ground.

const RED = "#b3211a";
const GREEN = "#17614a";
const CLOSEST = 17;
const CLOSEST_TILES = 19;
const LONELY_ZOOM = 16;
const MOST_IN_A_POPUP = 8;

// One marker for all that is at one place, so that none hides another.
const together = (places) => {
  const found = new Map();
  for (const place of places) {
    const key = `${place.dataset.latitude} ${place.dataset.longitude}`;
    found.set(key, [...(found.get(key) ?? []), place]);
  }
  return [...found.values()].sort((a, b) => isLate(a) - isLate(b));
};

const isLate = (group) => group.some((place) => "overdue" in place.dataset);

const popup = (group) => {
  const box = document.createElement("div");
  for (const place of group.slice(0, MOST_IN_A_POPUP)) {
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = place.querySelector("a").href;
    link.textContent = place.querySelector("a").textContent;
    const note = place.querySelector("small")?.textContent ?? "";
    line.append(link, document.createElement("br"), note);
    box.append(line);
  }
  if (group.length > MOST_IN_A_POPUP) box.append(`这里共${group.length}件，其余看列表。`);
  return box;
};

const tiled = (map, address, attribution) => {
  L.tileLayer(address, { maxZoom: CLOSEST_TILES }).addTo(map);
  // The setting is text, and text it stays.
  const words = document.createElement("span");
  words.textContent = attribution;
  if (attribution) map.attributionControl.addAttribution(words.innerHTML);
};

const draw = (box, places) => {
  const { tiles, attribution } = box.dataset;
  const map = L.map(box, { attributionControl: Boolean(attribution), maxZoom: CLOSEST_TILES });
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl?.setPrefix(false);
  const groups = together(places);
  const points = groups.map(([{ dataset }]) => [Number(dataset.latitude), Number(dataset.longitude)]);
  if (points.length === 1) map.setView(points[0], LONELY_ZOOM);
  else map.fitBounds(points, { padding: [28, 28], maxZoom: CLOSEST });
  if (tiles) tiled(map, tiles, attribution);
  groups.forEach((group, number) => {
    const colour = isLate(group) ? RED : GREEN;
    const radius = group.length > 1 ? 13 : 9;
    const style = { radius, weight: 3, color: "#ffffff", fillColor: colour, fillOpacity: 0.95 };
    const marker = L.circleMarker(points[number], style).bindPopup(() => popup(group)).addTo(map);
    if (group.length > 1) marker.bindTooltip(`${group.length}件`, { permanent: true, direction: "right", offset: [12, 0] });
  });
};

const places = [...document.querySelectorAll("[data-latitude]")];
const box = document.querySelector("[data-map]");
if (box && places.length) {
  // Takes up its height before Leaflet measures it.
  box.classList.add("leaflet-container");
  draw(box, places);
}
