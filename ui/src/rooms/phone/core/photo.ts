/** A photo as it is kept: small, upright, and without where and when it was taken. */

export const LONGEST_SIDE = 1600;
const QUALITY = 0.82;

export interface Drawn {
  bytes: ArrayBuffer;
  type: string;
  width: number;
  height: number;
}

/** The size that fits, never larger than it was. */
export function fitting(width: number, height: number, most = LONGEST_SIDE): { width: number; height: number } {
  const scale = Math.min(1, most / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * Draw a picture anew as JPEG: that leaves EXIF behind, with the place it was taken at. Throws where
 * the file is no picture that this browser can read.
 */
export async function drawn(file: Blob): Promise<Drawn> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const { width, height } = fitting(picture.width, picture.height);
    const blob = await painted(picture, width, height);
    return { bytes: await blob.arrayBuffer(), type: "image/jpeg", width, height };
  } finally {
    picture.close();
  }
}

async function painted(picture: ImageBitmap, width: number, height: number): Promise<Blob> {
  if (typeof OffscreenCanvas !== "undefined") {
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d")!.drawImage(picture, 0, 0, width, height);
    return canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  }
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d")!.drawImage(picture, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", QUALITY);
  });
}
