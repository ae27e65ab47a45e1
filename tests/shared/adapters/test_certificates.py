"""Opening rich content by the documented scheme: the vector opens, and nothing that was touched does."""

import base64
import json
from dataclasses import replace

import pytest
from builders import SAMPLES
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from shared.adapters.certificates import OAEP, InvalidCertificate, RsaCertificates, load_key
from shared.domain.events.rich import EncryptedContent, Unopened, read_content

VECTOR = json.loads((SAMPLES / "rich_notification_test_vector.json").read_text(encoding="utf-8"))
PEM = VECTOR["private_key_pem"].encode()
KEY = load_key(PEM)
ENCRYPTED = VECTOR["notification"]["value"][0]["encryptedContent"]
CONTENT = EncryptedContent(
    data=base64.b64decode(ENCRYPTED["data"]),
    signature=base64.b64decode(ENCRYPTED["dataSignature"]),
    key=base64.b64decode(ENCRYPTED["dataKey"]),
    certificate_id=ENCRYPTED["encryptionCertificateId"],
)
OTHER = rsa.generate_private_key(65537, 2048)


def signed_anew(data: bytes, secret: bytes) -> EncryptedContent:
    """What somebody makes who has only the certificate: it holds together, so only validationTokens tell it apart."""
    mac = hmac.HMAC(secret, hashes.SHA256())
    mac.update(data)
    return replace(CONTENT, data=data, signature=mac.finalize(), key=KEY.public_key().encrypt(secret, OAEP))


async def test_the_vector_opens():
    opened = await RsaCertificates({"cert-1": KEY}).open(CONTENT)

    assert read_content(opened) == VECTOR["plaintext"]


async def test_each_certificate_is_found_by_its_id_while_they_rotate():
    both = RsaCertificates({"cert-2": OTHER, "cert-1": KEY})

    assert read_content(await both.open(CONTENT)) == VECTOR["plaintext"]
    with pytest.raises(Unopened, match="certificate"):
        await RsaCertificates({"cert-2": OTHER}).open(CONTENT)
    with pytest.raises(Unopened, match="dataKey"):
        await both.open(replace(CONTENT, certificate_id="cert-2"))


@pytest.mark.parametrize("name", ["data", "signature", "key"])
@pytest.mark.parametrize("place", [0, 10, -1])
async def test_one_changed_byte_is_refused(name, place):
    touched = bytearray(getattr(CONTENT, name))
    touched[place] ^= 1

    with pytest.raises(Unopened):
        await RsaCertificates({"cert-1": KEY}).open(replace(CONTENT, **{name: bytes(touched)}))


@pytest.mark.parametrize("name", ["data", "signature", "key"])
@pytest.mark.parametrize("cut", [0, 1, 17])
async def test_a_part_that_is_cut_off_is_refused(name, cut):
    with pytest.raises(Unopened):
        await RsaCertificates({"cert-1": KEY}).open(replace(CONTENT, **{name: getattr(CONTENT, name)[:cut]}))


async def test_the_signature_is_compared_before_anything_is_decrypted():
    broken_in_two_ways = replace(CONTENT, data=b"no whole block")

    with pytest.raises(Unopened, match="dataSignature"):
        await RsaCertificates({"cert-1": KEY}).open(broken_in_two_ways)


@pytest.mark.parametrize("secret", [b"", b"short", bytes(33)])
async def test_a_symmetric_key_of_no_aes_is_refused(secret):
    with pytest.raises(Unopened, match="data is not"):
        await RsaCertificates({"cert-1": KEY}).open(signed_anew(bytes(16), secret))


@pytest.mark.parametrize("data", [b"", bytes(15), bytes(16)])
async def test_data_of_no_whole_blocks_or_without_padding_is_refused(data):
    with pytest.raises(Unopened, match="data is not"):
        await RsaCertificates({"cert-1": KEY}).open(signed_anew(data, bytes(range(32))))


def test_a_key_is_read_as_pem_der_and_pkcs12():
    pem = b"Bag Attributes\n" + PEM
    der = KEY.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    p12 = pkcs12.serialize_key_and_certificates(b"x", KEY, None, None, serialization.NoEncryption())

    numbers = {load_key(data).private_numbers() for data in (pem, der, p12)}

    assert numbers == {KEY.private_numbers()}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no key",
        b"-----BEGIN PRIVATE KEY-----",
        base64.b64decode(VECTOR["encryptionCertificate"]),
        rsa.generate_private_key(65537, 1024).private_bytes(  # noqa: S505 that is the point
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        KEY.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password"),
        ),
    ],
)
def test_what_is_no_usable_key_is_a_fault_that_shows_nothing_of_it(data):
    with pytest.raises(InvalidCertificate) as caught:
        load_key(data)

    assert len(str(caught.value)) < 80


def test_the_scheme_is_the_one_that_graph_documents():
    assert isinstance(OAEP, padding.OAEP)
    assert isinstance(OAEP.mgf, padding.MGF1)
    assert (OAEP.algorithm.name, OAEP.mgf._algorithm.name) == ("sha1", "sha1")
