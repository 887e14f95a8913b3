package dev.greenroom.config.settings;

import dev.greenroom.config.Secret;
import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/// The grid that a tool connects to.
@SettingsSection("Grid")
public record GridSettings(
        @Setting(
                name = "GREENROOM_URL",
                flag = "--url",
                fallback = "ws://localhost:8080",
                meaning = "Address of the grid, the same that clients use: ws, wss, http or https.")
        String url,

        @Setting(
                name = "GREENROOM_TOKEN",
                flag = "--token",
                meaning = "Access token for the grid, where it requires one.",
                secret = true)
        Optional<Secret> token,

        @Setting(
                name = "GREENROOM_CA",
                flag = "--ca",
                meaning = "PEM file with the certificates to trust, if no public authority issued the "
                        + "certificate of the grid.")
        Optional<Path> ca) {
    private static final Pattern ADDRESS =
            Pattern.compile("(?:ws|http)s?://(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(?::\\d{1,5})?(?:/[^?#]*)?");

    /// Checks that the address is one that a client could use, without any credentials.
    public GridSettings {
        new SettingsRules()
                .that(
                        ADDRESS.matcher(url).matches() && parses(url),
                        "must be ws://host:port, wss://…, http://… or https://…, without user and query; a token"
                                + " belongs in GREENROOM_TOKEN",
                        "GREENROOM_URL")
                .check();
    }

    private static boolean parses(String url) {
        try {
            return URI.create(url).getPort() <= 65_535;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /// The address for requests that are not sessions, without a trailing slash.
    public URI http() {
        return URI.create(url.replaceFirst("^ws", "http").replaceFirst("/+$", ""));
    }

    /// The address for sessions.
    public URI webSocket() {
        return URI.create(url.replaceFirst("^http", "ws"));
    }

    /// Whether the connection is encrypted.
    public boolean isSecure() {
        return url.startsWith("wss:") || url.startsWith("https:");
    }
}
