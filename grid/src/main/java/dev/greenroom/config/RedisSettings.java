package dev.greenroom.config;

import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules.SettingsFinding;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// The address and credentials of Redis.
@SettingsSection("Redis")
public record RedisSettings(
        @Setting(
                name = "REDIS_URL",
                meaning = "redis://[user:password@]host:port, rediss:// for TLS, or"
                        + " redis-sentinel://host:port,host:port#name.",
                secret = true)
        Optional<Secret> url,

        @Setting(name = "REDIS_HOST", meaning = "Host of Redis; an alternative to REDIS_URL.")
        Optional<String> host,

        @Setting(name = "REDIS_PORT", fallback = "6379", meaning = "Port of Redis, with REDIS_HOST, 1 to 65535.")
        int port,

        @Setting(name = "REDIS_USERNAME", meaning = "ACL user, with REDIS_HOST.")
        Optional<String> username,

        @Setting(name = "REDIS_PASSWORD", meaning = "Password, with REDIS_HOST.", secret = true)
        Optional<Secret> password) {

    /// Checks that exactly one server is named.
    public RedisSettings {
        var location = url.flatMap(text -> RedisLocation.of(text.value()));
        var another =
                host.isPresent() && location.isPresent() && !location.get().isServer(host.get(), port);
        var besideUrl = url.isPresent() && host.isEmpty();
        var rules = new SettingsRules()
                .that(
                        url.isEmpty() || location.isPresent(),
                        "must be redis://[user:password@]host:port, rediss://… or redis-sentinel://host:port,…#name,"
                                + " where Sentinel and its servers speak no TLS;"
                                + " percent-encode special characters of user and password",
                        "REDIS_URL")
                .within("REDIS_PORT", port, 1, 65_535)
                .that(
                        !another,
                        "names a different server than REDIS_URL, set only one of them",
                        "REDIS_HOST",
                        "REDIS_PORT",
                        "REDIS_URL")
                .that(
                        !besideUrl || username.isEmpty(),
                        "is only for REDIS_HOST, put the user into REDIS_URL",
                        "REDIS_USERNAME",
                        "REDIS_URL")
                .that(
                        !besideUrl || password.isEmpty(),
                        "is only for REDIS_HOST, put the password into REDIS_URL",
                        "REDIS_PASSWORD",
                        "REDIS_URL");
        host.ifPresent(name -> rules.host("REDIS_HOST", name));
        rules.check();
    }

    /// The unresolved addresses to connect to: the server, or the sentinels that know it.
    public List<InetSocketAddress> servers() {
        return url.flatMap(text -> RedisLocation.of(text.value()))
                .map(RedisLocation::servers)
                .or(() -> host.map(name -> List.of(InetSocketAddress.createUnresolved(name, port))))
                .orElse(List.of());
    }

    List<SettingsFinding> missing() {
        return new SettingsRules()
                .that(
                        url.isPresent() || host.isPresent(),
                        "is missing, set the address of Redis, for example redis://localhost:6379 (or set REDIS_HOST)",
                        "REDIS_URL",
                        "REDIS_HOST")
                .findings();
    }

    /// The secret that the proxies and workers of one grid share.
    @SettingsSection("Worker authentication")
    public record GridSecretSettings(
            @Setting(
                    name = "WORKER_SECRET",
                    meaning = "Shared secret of all proxies and workers of a grid, 16 characters or more: for "
                            + "each session both sides prove that they know it. Workers without it get no "
                            + "sessions.",
                    secret = true)
            Optional<Secret> secret) {
        private static final int MIN_LENGTH = 16;

        /// Checks that the secret is too long to be guessed.
        public GridSecretSettings {
            new SettingsRules()
                    .that(
                            secret.isEmpty() || secret.get().value().length() >= MIN_LENGTH,
                            "must have " + MIN_LENGTH + " characters or more; openssl rand -hex 24 makes one",
                            "WORKER_SECRET")
                    .check();
        }

        /// No secret.
        public static GridSecretSettings none() {
            return new GridSecretSettings(Optional.empty());
        }
    }

    /// The part of a Redis URL that says where the server is, without user and password.
    ///
    /// @param sentinel whether the address is that of sentinels
    /// @param address `host:port`; for sentinels, several of them, comma-separated
    record RedisLocation(boolean sentinel, String address) {
        private static final Pattern ADDRESS = Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?");
        private static final String USUAL_PORT = ":6379";
        private static final int USUAL_PORT_NUMBER = 6379;
        private static final int USUAL_SENTINEL_PORT = 26_379;

        /// Parses a URL; empty if it is not a Redis URL.
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
            var host = (withPort ? text.substring(0, colon) : text)
                    .replace("[", "")
                    .replace("]", "");
            var usual = sentinel ? USUAL_SENTINEL_PORT : USUAL_PORT_NUMBER;
            return InetSocketAddress.createUnresolved(
                    host, withPort ? Integer.parseInt(text.substring(colon + 1)) : usual);
        }

        boolean isServer(String host, int port) {
            var bare = host.contains(":") ? "[" + host + "]" : host;
            var whole = address.matches(".*:\\d{1,5}") && !address.endsWith("]") ? address : address + USUAL_PORT;
            return !sentinel && whole.equalsIgnoreCase(bare + ":" + port);
        }
    }
}
