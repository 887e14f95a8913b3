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

/// Under which address proxies reach this machine, and only this one.
///
/// @param towards a host of the grid's own network: the address that this machine uses towards it is the
///     one that the grid can use back
record AdvertisedAddress(InetSocketAddress towards) {
    private static final Logger LOG = LoggerFactory.getLogger(AdvertisedAddress.class);

    /// The name that was set, if it means this machine alone; else this machine's own address. Looks names
    /// up, so it may block.
    String advertised(Optional<String> name) {
        if (name.isPresent() && meansThisMachineAlone(name.get())) {
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

    private static boolean meansThisMachineAlone(String name) {
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

    /// A datagram socket that is connected has chosen its address, without a packet having been sent.
    private String own() {
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(towards.getHostString(), towards.getPort()));
            return socket.getLocalAddress().getHostAddress();
        } catch (IOException | RuntimeException _) {
            return InetAddress.getLoopbackAddress().getHostAddress();
        }
    }
}
