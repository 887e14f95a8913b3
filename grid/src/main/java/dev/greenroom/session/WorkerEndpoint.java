package dev.greenroom.session;

import java.net.URI;
import java.util.Optional;

/// The address of a worker's gateway.
///
/// @param host a name or an IP literal, without brackets
/// @param port 1 to 65535
/// @param path starts with a slash; unguessable, so never logged in full
public record WorkerEndpoint(String host, int port, String path) {
    private static final int MAX_LENGTH = 512;

    /// Parses `ws://host:port/path`; empty for any other text, for one with user info, and for one that
    /// is too long.
    public static Optional<WorkerEndpoint> of(String url) {
        if (url.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            var uri = URI.create(url);
            var host = uri.getHost();
            if (!"ws".equals(uri.getScheme()) || host == null || uri.getRawUserInfo() != null || uri.getPort() < 1) {
                return Optional.empty();
            }
            var bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
            var path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            return uri.getPort() > 65_535
                    ? Optional.empty()
                    : Optional.of(new WorkerEndpoint(bare, uri.getPort(), path));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// `host:port` as in a `Host` header.
    public String authority() {
        return authority(host, port);
    }

    /// `host:port` as in a URL: an IPv6 address is in brackets, and the `%` of its zone is escaped.
    public static String authority(String host, int port) {
        return (host.contains(":") ? "[" + host.replace("%", "%25") + "]" : host) + ":" + port;
    }

    /// The URL that [#of] parses.
    public String url() {
        return "ws://" + authority() + path;
    }
}
