package dev.greenroom.config;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The part of a Redis URL that says where the server is, without user and password.
///
/// @param sentinel whether the address is that of sentinels, which know where the server is
/// @param address `host:port`, several of them behind commas for sentinels
record RedisLocation(boolean sentinel, String address) {
    private static final Pattern ADDRESS = Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?");
    private static final String USUAL_PORT = ":6379";
    private static final int USUAL_PORT_NUMBER = 6379;
    private static final int USUAL_SENTINEL_PORT = 26_379;

    /// Reads a URL; empty for every other scheme or form.
    static Optional<RedisLocation> of(String url) {
        try {
            var uri = URI.create(url);
            var authority = Optional.ofNullable(uri.getRawAuthority()).orElse("");
            var address = authority.substring(authority.lastIndexOf('@') + 1);
            var sentinel = "redis-sentinel".equals(uri.getScheme());
            var known = sentinel || "redis".equals(uri.getScheme()) || "rediss".equals(uri.getScheme());
            var servers = address.split(",", -1);
            var right = known && (sentinel ? uri.getFragment() != null : servers.length == 1);
            for (var server : servers) {
                right &= ADDRESS.matcher(server).matches();
            }
            return right ? Optional.of(new RedisLocation(sentinel, address)) : Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    List<InetSocketAddress> servers() {
        return Arrays.stream(address.split(",", -1)).map(this::server).toList();
    }

    private InetSocketAddress server(String text) {
        var withPort = text.matches(".*:\\d{1,5}") && !text.endsWith("]");
        var colon = text.lastIndexOf(':');
        var host = (withPort ? text.substring(0, colon) : text).replace("[", "").replace("]", "");
        var usual = sentinel ? USUAL_SENTINEL_PORT : USUAL_PORT_NUMBER;
        return InetSocketAddress.createUnresolved(host, withPort ? Integer.parseInt(text.substring(colon + 1)) : usual);
    }

    boolean isServer(String host, int port) {
        var bare = host.contains(":") ? "[" + host + "]" : host;
        var whole = address.matches(".*:\\d{1,5}") && !address.endsWith("]") ? address : address + USUAL_PORT;
        return !sentinel && whole.equalsIgnoreCase(bare + ":" + port);
    }
}
