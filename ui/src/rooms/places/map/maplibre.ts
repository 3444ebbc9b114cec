/** MapLibre, fetched with the first map; its worker is one of our own files. */
import { AttributionControl, Map, Marker, setWorkerUrl } from "maplibre-gl";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";

setWorkerUrl(worker);
export { AttributionControl, Map, Marker };
