"""Writes seeds that Python's own library can make: make_seeds.py FOLDER makes FOLDER/npy, npz, idx, picture, labels,
settings and command_line. write_seeds.cc makes those that need our code."""

import gzip
import io
import pathlib
import struct
import sys
import zipfile
import zlib

# A grey JPEG of 1x1 pixel.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300"
    + "01" * 64
    + "ffc0000b080001000101011100ffc40014000100000000000000000000000000000009ffc40014100100000000000000000000000000000000"
    "ffda0008010100003f00547fffd9"
)


def npy(descr, shape, raw, version=1):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + size + header + raw


def npz(compression):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", compression) as members:
        members.writestr("x.npy", npy("<f4", "(2, 3)", bytes(24)))
        members.writestr("y.npy", npy("<i8", "(1,)", bytes(8)))
    return archive.getvalue()


def png(bits, color, rows, *chunks):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 2, 2, bits, color, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *(chunk(*pair) for pair in chunks), chunk(b"IDAT", zlib.compress(rows))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


PICTURES = [
    JPEG,
    png(8, 0, b"\0ab\0cd"),
    png(8, 2, b"\0abcdef\0ghijkl"),
    png(8, 6, b"\0abcdefgh\0ijklmnop"),
    png(16, 4, b"\0abcdefgh\0ijklmnop"),
    png(1, 3, b"\0\x80\0\x40", (b"PLTE", b"abcdef"), (b"tRNS", b"\x80")),
]

SEEDS = {
    "npy": [npy("<f4", "(2, 3)", bytes(24)), npy("|u1", "()", b"\7"), npy("<f2", "(2,)", b"abcd", version=2)],
    "npz": [npz(zipfile.ZIP_STORED), npz(zipfile.ZIP_DEFLATED)],
    "idx": [b"\0\0\x08\3" + struct.pack(">III", 2, 1, 3) + b"abcdef"],
    "picture": PICTURES,
    "labels": [
        b"1\n2\n3\n",
        b"file,label\na/1.png,1\nb/1.png,2\nc/1.png,3\n",
        b"\0\0\x08\1\0\0\0\3\1\2\3",
        b'{"channels":"rgb","crop":[224,224],"mean":[0.5],"pixel_range":1.0,"resize":256,"std":[0.5]}',
    ],
    "settings": [
        b'{"$schema":"gates.json","max-drop":1,"min-sqnr":20.5}',
        b'{"rows":[{"regex":"conv.*","weights":"int4","activations":"int16","rounding":"nearest"}],"calibration":"mse",'
        b'"samples":{"count":3,"hash":"0af"},"instructions":"avx2"}',
        b'{"run":["model: 1"],"microseconds":[[1,2,3],[4,5,6]],"points":[{"assignment":[0,2],"cost":1,"noise":1,'
        b'"meets":true,"miss":0,"added_noise":[0,0.5]},{"assignment":[1,1]}]}',
        b'# ours\n[qconvert]\nmodel = "m\\u00e9.onnx"\nbits = 4\n[qeval]\nlayers = true\nmean = [0.5, -1e3,\n 2]\n',
    ],
    "command_line": [
        b"0model.onnx\n-q\n--effort\n0\n--io\nint8",
        b"0model.onnx\n--data\nx.npy\n--min-sqnr\n10\n--threads\n1\n-o\nout.tflite",
        b"0model.onnx\n--weights-only\n--bits\n4\n--json\nout.json",
        b"0model.onnx\n--float\n--layout\nkeep\n--dump-passes\ndumps\n--shape\nx:1x4",
        b"0model.onnx\n--data\npictures\n--mean\n0.5,0.5,0.5\n--std\n1\n--crop\n4x4\n--resize\n5",
        b"1model.onnx\nmodel.tflite\n--data\nx.npy\n--min-agreement\n50\n--junit\nout.xml",
        b"1--bench\nmodel.tflite\n--threads\n1",
        b"1model.tflite\nmodel.tflite\n--data\nx.npz\n--kernels\nreference\n--per-layer",
        b"0--list-ops",
        b"1--help",
        b"2model.onnx\n--data\nx.npy\n--labels\nlabels.txt\n--batch\n2\n-q",
        b"2model.onnx\n--data\nx.npy\n--state\nout.qtune\n--optimizer\nsgd\n--bits\n4\n--per-layer",
    ],
}
SEEDS["idx"].append(gzip.compress(SEEDS["idx"][0], mtime=0))

if __name__ == "__main__":
    for name, seeds in SEEDS.items():
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / str(number)).write_bytes(seed)
    files = pathlib.Path(sys.argv[1]) / "files"
    (files / "pictures").mkdir(parents=True, exist_ok=True)
    (files / "pictures/1.png").write_bytes(PICTURES[2])
    (files / "x.npy").write_bytes(npy("<f4", "(3, 2, 4, 4)", bytes(384)))
    (files / "x.npz").write_bytes(SEEDS["npz"][1])
    (files / "labels.txt").write_bytes(b"1\n0\n1\n")
