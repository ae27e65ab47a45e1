import ssl
import stat
import sys

import pytest

from twin.certificates import local_authority


def files(authority):
    return {path.name: path.read_bytes() for path in authority.folder.iterdir()}


def test_the_certificate_is_kept_for_the_next_time(tmp_path):
    first = files(local_authority(tmp_path / "certificates"))

    assert set(first) == {"ca.pem", "chain.pem", "key.pem"}
    assert files(local_authority(tmp_path / "certificates")) == first


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_private_key_is_for_its_owner_only(tmp_path):
    assert stat.S_IMODE(local_authority(tmp_path).key.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["ca.pem", "chain.pem", "key.pem"])
@pytest.mark.parametrize("damage", ["missing", "unreadable", "of another authority"])
def test_what_does_not_fit_together_is_made_anew(tmp_path, name, damage):
    authority, other = local_authority(tmp_path / "ours"), local_authority(tmp_path / "other")
    before = files(authority)
    match damage:
        case "missing":
            (authority.folder / name).unlink()
        case "unreadable":
            (authority.folder / name).write_text("nothing")
        case _:
            (authority.folder / name).write_bytes(files(other)[name])

    after = files(local_authority(authority.folder))

    assert all(after[each] != before[each] for each in before)
    assert files(local_authority(authority.folder)) == after


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_trusts_the_authority_accepts_the_server(tmp_path, host):
    authority = local_authority(tmp_path)
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(authority.chain, authority.key)
    client_side = ssl.create_default_context(cafile=str(authority.ca))

    shake_hands(client_side, server_side, host)


def test_nobody_else_accepts_it(tmp_path):
    authority, other = local_authority(tmp_path / "ours"), local_authority(tmp_path / "other")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(authority.chain, authority.key)

    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(ssl.create_default_context(cafile=str(other.ca)), server_side, "localhost")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(ssl.create_default_context(cafile=str(authority.ca)), server_side, "example.com")


def shake_hands(client_side, server_side, host):
    """Both ends in memory, without a socket."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    open_ends = [client, server]
    while open_ends:
        open_ends = [end for end in open_ends if not done(end)]


def done(end):
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
