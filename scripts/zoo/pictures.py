"""Makes the pictures: crops of photographs, and rendered words with their orientation as label."""

import contextlib
import io
import pathlib
import shutil
import tempfile
import zipfile

from zoo import packages

# Each is a different subject, so no picture to calibrate with shows what another judges.
PHOTOGRAPHS = {
    "scikit-image": "astronaut.png brick.png camera.png chelsea.png coffee.png coins.png grass.png"
    " gravel.png hubble_deep_field.jpg moon.png motorcycle_left.png rocket.jpg",
    "scikit-learn": "china.jpg flower.jpg",
    "lomiri-wallpapers-20.04": "Kleiber_by_Lukas_Baubkus.jpg",
    "mate-backgrounds": "Aqua.jpg Blinds.jpg Dune.jpg FreshFlower.jpg Garden.jpg GreenMeadow.jpg"
    " LadyBird.jpg RainDrops.jpg Storm.jpg TwoWings.jpg Wood.jpg YellowFlower.jpg",
}
# More of them to train with, none of which shows what a test picture does.
TRAINING_PHOTOGRAPHS = {
    "scikit-image": "cell.png ihc.png retina.jpg",
    "lomiri-wallpapers-16.04": "Bridge_by_Sander_Klootwijk.jpg Dragonfly_by_Bolly.jpg Picture_0B_by_freespace.jpg"
    " Picture_1A_by_freespace.jpg Wine_by_Jakkub_Mede.jpg aitzgorri_by_Aitzol_Berasategi.jpg"
    " free_by_Peter_Nerlich.jpg friends_by_Aitzol_Berasategi.jpg greentock_by_Peter_Nerlich.jpg"
    " life_by_Aitzol_Berasategi.jpg picosdeeuropa_by_Aitzol_Berasategi.jpg seeding_by_Clements_Engelhardt.jpg"
    " sunset_by_Aitzol_Berasategi.jpg umang_by_Abhishek_Mudgal.jpg",
    "lomiri-wallpapers-20.04": "Fossa_by_Jasper_Roks.jpg Infinite-Sea_by_Aury88.jpg",
}
PHOTO_PIXELS = 224
CALIBRATION_PHOTOS, TEST_PHOTOS, TRAINING_PHOTOS = 100, 200, 500

WORD_WIDTH, WORD_HEIGHT = 192, 48  # what PP-OCR's text-orientation network is fed
CALIBRATION_WORDS, TEST_WORDS = 64, 400
FONTS = "DejaVuSans DejaVuSans-Bold DejaVuSansMono DejaVuSansMono-Bold DejaVuSerif DejaVuSerif-Bold"


@contextlib.contextmanager
def folder_that_appears_complete(path):
    """A new folder beside the path, renamed to it when the block has filled it."""
    beside = pathlib.Path(tempfile.mkdtemp(dir=path.parent))
    try:
        yield beside
        beside.chmod(0o755)
        beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def photos(path):
    """Writes calibration/ and test/, crops of 224x224 from different photographs."""
    packages.need_debian("python3-pil", "python3-numpy")
    import numpy as np

    rng = np.random.default_rng(0)
    calibration, test = calibration_and_test(rng)
    with folder_that_appears_complete(path) as out:
        write_crops(out / "calibration", calibration, CALIBRATION_PHOTOS, rng)
        write_crops(out / "test", test, TEST_PHOTOS, rng)


def training_photos(path):
    """Writes crops of 224x224 of the calibration's photographs and of more, and of no test picture's."""
    packages.need_debian("python3-pil", "python3-numpy")
    import numpy as np

    calibration, _ = calibration_and_test(np.random.default_rng(0))
    pictures = calibration + photographs(TRAINING_PHOTOGRAPHS)
    with folder_that_appears_complete(path) as out:
        write_crops(out / "crops", pictures, TRAINING_PHOTOS, np.random.default_rng(1))


def calibration_and_test(rng):
    """The photographs in two parts, a third and the rest."""
    pictures = photographs(PHOTOGRAPHS)
    order = rng.permutation(len(pictures))
    third = len(pictures) // 3
    return [pictures[k] for k in order[:third]], [pictures[k] for k in order[third:]]


def photographs(names_of_packages):
    """Every photograph, in the order of the list, its shorter side at most 640 pixels."""
    from PIL import Image

    pictures = []
    for package, names in names_of_packages.items():
        for name in names.split():
            read = from_wheel if package.startswith("scikit") else from_debian
            picture = Image.open(io.BytesIO(read(package, name)))
            picture.draft("RGB", (1280, 1280))
            picture = picture.convert("RGB")
            shrink = min(1, 640 / min(picture.size))
            size = [round(side * shrink) for side in picture.size]
            pictures.append(picture.resize(size, Image.Resampling.BOX))
    return pictures


def from_wheel(package, name):
    with zipfile.ZipFile(packages.wheel(package)) as archive:
        return archive.read(next(n for n in archive.namelist() if n.endswith("/" + name)))


def from_debian(package, name):
    return next(packages.debian_files(package).rglob(name)).read_bytes()


def write_crops(folder, pictures, count, rng):
    """Writes square crops of random size and place, half mirrored, of each picture in turn."""
    from PIL import Image, ImageOps

    folder.mkdir()
    for k in range(count):
        picture = pictures[k % len(pictures)]
        side = int(rng.uniform(0.45, 1) * min(picture.size))
        x, y = (int(rng.integers(0, extent - side + 1)) for extent in picture.size)
        crop = picture.crop((x, y, x + side, y + side))
        crop = crop.resize((PHOTO_PIXELS, PHOTO_PIXELS), Image.Resampling.BILINEAR)
        crop = ImageOps.mirror(crop) if rng.random() < 0.5 else crop
        crop.save(folder / f"{k:03}.png")


def words(path):
    """Writes calibration/ and test/: words upright (label 0) or upside down (1), and labels.csv."""
    packages.need_debian("python3-pil", "python3-numpy", "fonts-dejavu-core")
    import numpy as np

    rng = np.random.default_rng(0)
    text = pathlib.Path("/usr/share/common-licenses/Apache-2.0").read_text(encoding="ascii")
    vocabulary = sorted({word.lower() for word in text.split() if word.isalpha() and len(word) > 3})
    rng.shuffle(vocabulary)
    with folder_that_appears_complete(path) as out:
        share = len(vocabulary) // 4
        write_words(out / "calibration", vocabulary[:share], CALIBRATION_WORDS, rng)
        write_words(out / "test", vocabulary[share:], TEST_WORDS, rng)


def write_words(folder, vocabulary, count, rng):
    folder.mkdir()
    rows = ["file,label"]
    for k in range(0, count, 2):
        picture = render(rng.choice(vocabulary), rng.choice(FONTS.split()), rng)
        for label, turned in enumerate((picture, picture.rotate(180))):
            turned.save(folder / f"{k + label:03}.png")
            rows.append(f"{k + label:03}.png,{label}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")


def render(word, font_name, rng):
    """A word as a text detector would cut it out: two colours, a tight frame, a little noise."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    text = word.capitalize() if rng.random() < 0.5 else word
    font = ImageFont.truetype(f"/usr/share/fonts/truetype/dejavu/{font_name}.ttf", 40)
    left, top, right, bottom = font.getbbox(text)
    margin_x, margin_y = int(rng.integers(4, 12)), int(rng.integers(2, 8))
    ink, paper = rng.integers(0, 96, 3), rng.integers(160, 256, 3)
    if rng.random() < 0.3:
        ink, paper = paper, ink
    picture = Image.new(
        "RGB", (right - left + 2 * margin_x, bottom - top + 2 * margin_y), tuple(map(int, paper))
    )
    ImageDraw.Draw(picture).text(
        (margin_x - left, margin_y - top), text, tuple(map(int, ink)), font
    )
    picture = picture.resize((WORD_WIDTH, WORD_HEIGHT), Image.Resampling.BILINEAR)
    noisy = np.asarray(picture) + rng.normal(0, 4, (WORD_HEIGHT, WORD_WIDTH, 3))
    return Image.fromarray(np.clip(np.rint(noisy), 0, 255).astype("uint8"))
