package dev.greenroom.app;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Chooses the address that a worker registers, at which proxies reach this machine and no other.
///
/// @param towards a host of the grid's network, such as Redis: proxies can connect to the local address
///     that this machine uses towards it
record AdvertisedAddress(InetSocketAddress towards) {
    private static final Logger LOG = LoggerFactory.getLogger(AdvertisedAddress.class);

    /// The configured name, if it resolves to this machine alone; otherwise this machine's own address.
    /// May block on DNS.
    String advertised(Optional<String> name) {
        if (name.isPresent() && resolvesToThisMachineAlone(name.get())) {
            return name.get();
        }
        var own = own();
        name.ifPresent(other -> LOG.atWarn()
                .addKeyValue("code", "PRIVATE_HOSTNAME_SHARED")
                .addKeyValue("privateHostname", other)
                .addKeyValue("registered", own)
                .log("PRIVATE_HOSTNAME does not resolve to this machine alone; its own address is registered instead"));
        return own;
    }

    private static boolean resolvesToThisMachineAlone(String name) {
        try {
            return Arrays.stream(InetAddress.getAllByName(name)).allMatch(AdvertisedAddress::isOwn);
        } catch (UnknownHostException _) {
            return false;
        }
    }

    private static boolean isOwn(InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException _) {
            return false;
        }
    }

    /// Connecting a datagram socket chooses its local address without sending a packet.
    private String own() {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(towards.getHostString(), towards.getPort()));
            return socket.getLocalAddress().getHostAddress();
        } catch (IOException | RuntimeException _) {
            return InetAddress.getLoopbackAddress().getHostAddress();
        }
    }
}
