"""Small lists on disk, as a hospital hands them over."""

from pathlib import Path

REFERENCE = """code,name
D38,中耳、呼吸和胸腔内器官动态未定或动态未知的肿瘤
D38.2,胸膜动态未定的肿瘤
D38.201,胸膜交界恶性肿瘤
I63,脑梗死
I63.9,未特指的脑梗死
I63.902,脑梗死
I63.905,出血性脑梗死
C34.1,肺上叶恶性肿瘤
C34.101,肺上叶恶性肿瘤
A00.901,霍乱
M80100/3,癌
M80000/1,肿瘤，良恶性未肯定
"""
PROCEDURES = """code,name
34.0,胸壁和胸膜切开术
34.09010,胸腔镜下脓胸清除术
47.0901,阑尾切除术
"""
LOCAL = """院内编码,名称,年例数
I63.951,脑梗塞,3812
I63.952,出血性脑梗死,77
A00.951,霍乱,3
D38.201,胸膜肿瘤,640
34.0951,胸腔镜下左脓胸引流术,12
47.0951,阑尾切除术,310
,没有编码,1
"""


def write_lists(folder: Path, *, encoding: str = "utf-8") -> tuple[Path, Path, Path]:
    """RC020 with RC021 in one file, RC022, and a local list with one row that has no code."""
    files = (folder / "RC020.csv", folder / "RC022.csv", folder / "local_2026.csv")
    for file, text in zip(files, (REFERENCE, PROCEDURES, LOCAL), strict=True):
        file.write_text(text, encoding=encoding)
    return files
