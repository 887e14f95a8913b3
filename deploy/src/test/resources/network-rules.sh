# Run in a network of its own: sh network-rules.sh HOST.NFT. Prints what each connection came to.
set -eu
ip link set lo up
for address in 10.99.0.1/32 10.99.0.2/32 169.254.169.254/32 172.16.9.9/32 192.168.9.9/32 100.64.9.9/32 203.0.113.9/32; do
    ip address add "$address" dev lo
done
for address in fd00:ec2::254/128 2001:db8::9/128 fe80::9/128; do
    ip address add "$address" dev lo nodad
done
sed -e 's/^define workers.*/define workers = "nobody"/' -e 's/^define redis.*/define redis = { 10.99.0.1 }/' \
    -e 's/^define proxies.*/define proxies = { 10.99.0.20 }/' "$1" | nft -f -
python3 - <<'P'
import os, socket

listeners = []
for family, address in ((socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')):
    for port in (3131, 6379, 8080):
        listener = socket.socket(family)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen()
        listeners.append(listener)
scope = socket.if_nametoindex('lo')

def attempt(user, address, port, words=''):
    child = os.fork()
    if child == 0:
        os.setuid(user)
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        client = socket.socket(family)
        client.settimeout(1)
        target = (address, port, 0, scope if address.startswith('fe80') else 0) if ':' in address else (address, port)
        try:
            client.connect(target)
            said = 'open'
        except OSError:
            said = 'closed'
        os.write(1, f'{words}{address}:{port} {said}\n'.encode())
        os._exit(0)
    os.waitpid(child, 0)

nobody = 65534
attempt(nobody, '10.99.0.1', 6379)
attempt(nobody, '10.99.0.1', 8080)
attempt(nobody, '10.99.0.2', 3131)
for address in ('127.0.0.1', '169.254.169.254', '172.16.9.9', '192.168.9.9', '100.64.9.9', 'fd00:ec2::254', 'fe80::9',
                '::1', '203.0.113.9', '2001:db8::9'):
    attempt(nobody, address, 8080)
attempt(0, '127.0.0.1', 8080, 'root ')
attempt(0, '10.99.0.2', 3131, 'stranger ')
P
