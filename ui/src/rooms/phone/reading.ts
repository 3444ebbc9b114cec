/** Codes out of a picture: the browser's own reader where it has one, else jsQR, fetched only then. */
export type Reader = (video: HTMLVideoElement) => Promise<string | null>;

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
type Detectors = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };

const BARS = ["code_128", "code_39", "ean_13", "itf", "codabar", "data_matrix"];
const MOST = 720;

export async function reader(barcodes: boolean): Promise<Reader> {
  const known = (globalThis as { BarcodeDetector?: Detectors }).BarcodeDetector;
  const formats = known ? await known.getSupportedFormats().catch(() => []) : [];
  if (known && formats.includes("qr_code")) {
    const detector = new known({ formats: ["qr_code", ...(barcodes ? BARS.filter((one) => formats.includes(one)) : [])] });
    return async (video) => (await detector.detect(video))[0]?.rawValue || null;
  }
  const { default: read } = await import("jsqr");
  const canvas = document.createElement("canvas");
  return (video) => {
    const scale = Math.min(1, MOST / Math.max(video.videoWidth, video.videoHeight, 1));
    canvas.width = Math.max(1, Math.round(video.videoWidth * scale));
    canvas.height = Math.max(1, Math.round(video.videoHeight * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return Promise.resolve(read(data, canvas.width, canvas.height)?.data || null);
  };
}
