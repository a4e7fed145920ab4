#!/usr/bin/env python3
"""Writes the seeds in this folder, one file each, where fuzzing begins: small files of every kind. Those that
no longer are made here were found by fuzzing. It needs Python 3.8 alone."""
import pathlib
import struct
import zlib

HERE = pathlib.Path(__file__).parent


def write(target, name, content):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def png(kind, depth, interlaced, extra=b""):
    """A picture of 5 × 3 pixels, each row with another filter."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    passes = [(0, 0, 1, 1)]
    if interlaced:
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = b""
    for x, y, dx, dy in passes:
        width = len(range(x, 5, dx))
        size = (width * channels * depth + 7) // 8
        for row in range(y, 3, dy) if width else []:
            rows += bytes([(row + 1) % 5]) + bytes((37 * i + 11 * row) % 256 for i in range(size))
    head = struct.pack(">IIBBBBB", 5, 3, depth, kind, 0, 0, interlaced)
    palette = chunk(b"PLTE", bytes(range(3 * 2 ** depth))) if kind == 3 and depth < 8 else b""
    if kind == 3 and depth == 8:
        palette = chunk(b"PLTE", bytes(i % 256 for i in range(768)))
    if extra:
        palette += chunk(b"tRNS", extra)
    packed = zlib.compress(rows, 9 if depth < 8 else 0)
    half = len(packed) // 2
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + palette + chunk(b"IDAT", packed[:half]) +
            chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))


for kind, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
    for depth in depths:
        write("png", f"type{kind}-{depth}", png(kind, depth, depth % 3 == 1))
write("png", "key-grey", png(0, 4, 0, b"\0\5"))
write("png", "key-rgb", png(2, 8, 1, b"\0\1\0\2\0\3"))
write("png", "key-palette", png(3, 2, 0, b"\0\x80\xff"))

# Height, width, choices, number of classes; then lines.
write("export", "all", bytes([8, 7, 3, 2]) + b"conv:3,4,2,same tanh batchnorm maxpool:2,1 conv:5,2 sigmoid avgpool:2,1 flatten "
      b"batchnorm dropout:0.5 dense:4 relu dense:classes softmax\ncat\n\"</script>\\\ndog*/")
write("export", "int8", bytes([4, 4, 6, 1]) + "flatten dense:classes softmax\nä\n\\\n".encode())
write("export", "order", bytes([5, 5, 0, 49]) + b"conv:2,2 maxpool:1 flatten softmax")

write("pnm", "p1", "P1\n# comment\n3 2\n1 0 1\n0 1 0\n")
write("pnm", "p2", "P2 3 2 15 1 2 3 4 15 0\n")
write("pnm", "p3", "P3 2 1 255 1 2 3 4 5 6\n")
write("pnm", "p4", b"P4 9 2\n\xaa\x80\x55\x00")
write("pnm", "p5", b"P5 3 2 255\n\0\1\2\3\4\xff")
write("pnm", "p5-16", b"P5 2 1 65535\n\0\1\xff\xff")
write("pnm", "p6", b"P6 1 2 255\n\0\1\2\3\4\5")
write("pnm", "p7", b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n\0\1\2\3\4\5\6\7")
write("pnm", "pfm", b"Pf\n1 1\n-1.0\n\0\0\x80\x3f")
write("pnm", "bmp", b"BM" + struct.pack("<IHHIIiiHHII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4) + b"\0" * 12)

write("idx", "images", struct.pack(">IIII", 0x803, 1, 28, 28) + bytes(i % 256 for i in range(784)))
write("idx", "labels", struct.pack(">II", 0x801, 4) + b"\0\5\7\x09")

write("idx", "flat-floats", struct.pack(">III4f", 0xd02, 1, 4, 0, 0.5, 1, 0.25))
write("idx", "channel", struct.pack(">IIIII", 0x804, 2, 1, 1, 2) + b"\1\2\3\4")
write("idx", "labels-of-eight", struct.pack(">III8i", 0xc02, 1, 8, 7, 6, 5, 4, 3, 2, 1, 0))

write("csv", "kaggle", "label,pixel0,pixel1,pixel2,pixel3\n3,0,255,12,0\n9,1,2,3,4\n")
write("csv", "pandas", ",a,b,c,d,class\r\n0,0.5,1,0,0.25,7\r\n1,\"1\", 0.1 ,1e-3,.5,-2\r\n")
write("csv", "plain", "0;1;2;3\n4;5;6;7\n")
write("csv", "tabs", "ImageId\tp\n1\t200\n")

write("json", "all", '{"a":[1,-2.5e+3,true,false,null,{"b":{}}],"\\u00e9\\ud83d\\ude00\\n":"\\"\\\\\\/ \xe9"}')

NETWORKS = (
    "conv:2,3 relu maxpool:2 flatten dense:10 softmax",
    "conv:2,3,2,same batchnorm tanh avgpool:2,1 dropout:0.5 flatten dense:3 sigmoid dense:10 softmax",
    "avgpool:7 conv:3,2,1,valid sigmoid maxpool:2,1 conv:2,1 flatten batchnorm relu dense:10 softmax",
)
for number, network in enumerate(NETWORKS):
    write("network", str(number), network)

write("augment", "all", "shift:2,rotate:12,scale:0.12,shear:0.2,elastic:30,sigma:4,until:0.9,others:0.1,drawn:0.2")
write("augment", "names", "shift,elastic,others")
write("augment", "none", "none")

LINES = (
    "train --epochs 3 --batch-size=64 --network flatten|dense:10|softmax --augment shift:2 --recipe fast --seed 7",
    "train --optimizer sgd --momentum 0.9 --learning-rate 1e-3 --schedule linear --warmup 0.1 --patience 2 -q",
    "eval --model m.safetensors --data . --confusion c.csv --predictions p.csv --mistakes m.png",
    "predict --raw --json --steps s.png a.pgm -",
    "inspect data --count 10 --split val --sheet s.png",
    "inspect image 7.pgm --occlusion o.png --size 5",
    "inpsect --vesion",
    "help inspect",
    "--version",
)
for number, line in enumerate(LINES):
    write("line", str(number), line.replace(" ", "\n").replace("|", " "))


def strokes(width, height, paper, *lines):
    return bytes((width - 1, height - 1, paper)) + b"".join(bytes(line) for line in lines)


write("picture", "one", strokes(20, 28, 240, (10, 4, 10, 24, 3)))
write("picture", "seven-in-frame", strokes(32, 32, 200, (2, 2, 30, 2, 40), (30, 2, 30, 30, 40), (2, 30, 30, 30, 40),
                                           (2, 2, 2, 30, 40), (10, 8, 22, 8, 1), (22, 8, 15, 24, 1)))
write("picture", "ruled", strokes(40, 24, 230, (0, 8, 39, 8, 160), (0, 16, 39, 16, 160), (6, 4, 6, 20, 0),
                                  (15, 4, 25, 4, 0), (25, 4, 19, 20, 0), (31, 4, 31, 12, 0), (31, 12, 38, 12, 0),
                                  (38, 4, 38, 20, 0)))
write("picture", "light", strokes(32, 20, 20, (6, 3, 6, 17, 253), (20, 3, 27, 3, 253), (27, 3, 20, 17, 253)))
