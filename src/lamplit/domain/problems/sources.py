"""What can go wrong with files that are taken in from an address."""

from __future__ import annotations

from lamplit.domain.errors import Problem
from lamplit.domain.language import Text

BAD_ADDRESS = Problem(
    "source.bad-address",
    Text("this is no address that files are taken in from.", "无法从这样的地址导入文件。"),
    Text(
        "Begin it with one of {schemes} and a bucket or a host, without a password: credentials "
        "are found by the client (docs/how-to/files-at-an-address.md).",
        "地址须以 {schemes} 之一开头，后接存储桶或主机，且不含密码：凭据由客户端自行获取"
        "（见 docs/how-to/files-at-an-address.md）。",
    ),
)
UNREACHED = Problem(
    "source.address-unreached",
    Text("the address did not do what it was asked: {reason}", "该地址未完成请求：{reason}"),
    Text(
        "Look at the address and its settings, the network, the store, and the credentials that "
        "its client finds; then run this again. What was taken in by now is not taken in twice.",
        "请检查地址及其参数、网络、存储服务与客户端所用的凭据，然后重新运行；已导入的内容不会重复。",
    ),
)
NOT_ONE_FILE = Problem(
    "source.not-one-file",
    Text("{count} files are there, and one is wanted.", "此处有 {count} 个文件，而只需要一个。"),
    Text("Name one of them, such as {name}", "请指定其中一个，例如 {name}"),
)
