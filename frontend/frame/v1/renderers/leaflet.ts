/** What folium's maps ask for by name: Leaflet, and jQuery for its popups. Tiles still come from far away, or not at all. */
export { default as jquery } from "jquery/dist/jquery.min.js?url";
export { default as styles } from "leaflet/dist/leaflet.css?inline";
export { default as leaflet } from "leaflet/dist/leaflet.js?url";
