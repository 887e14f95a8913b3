package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.nio.file.Path;
import java.util.Optional;

/// The public port, with or without TLS.
@SettingsSection("Listening")
public record ListenSettings(
        @Setting(
                name = "PORT",
                fallback = "8080",
                meaning = "TCP port that clients connect to, 1 to 65535; 0 takes a free one.")
        int port,

        @Setting(
                name = "BIND_ADDRESS",
                fallback = "0.0.0.0",
                meaning = "Address to listen on: 0.0.0.0 for all IPv4 addresses, :: for all IPv4 and IPv6 "
                        + "addresses. `greenroom up` listens on 127.0.0.1 by default.")
        String bindAddress,

        @Setting(
                name = "TLS_CERT_FILE",
                meaning = "PEM file of the certificate, followed by the intermediate certificates; "
                        + "clients then use wss and https. Read again when it changes. Needs "
                        + "TLS_KEY_FILE; without both there is no TLS.")
        Optional<Path> tlsCertFile,

        @Setting(
                name = "TLS_KEY_FILE",
                meaning = "PEM file of the private key of the certificate, RSA or EC, not encrypted; read "
                        + "again when it changes. Needs TLS_CERT_FILE.")
        Optional<Path> tlsKeyFile) {
    /// Without TLS.
    public ListenSettings(int port, String bindAddress) {
        this(port, bindAddress, Optional.empty(), Optional.empty());
    }

    /// Certificate and key are only useful together.
    private static SettingsRules checkTlsPair(SettingsRules rules, Optional<Path> certificate, Optional<Path> key) {
        return rules.that(
                        key.isPresent() || certificate.isEmpty(),
                        "needs TLS_KEY_FILE too: set it to the file of the private key, or unset this one",
                        "TLS_CERT_FILE")
                .that(
                        certificate.isPresent() || key.isEmpty(),
                        "needs TLS_CERT_FILE too: set it to the file of the certificate, or unset this one",
                        "TLS_KEY_FILE");
    }

    /// Checks the port, the syntax of the address, and that both TLS files are set or neither.
    public ListenSettings {
        checkTlsPair(new SettingsRules(), tlsCertFile, tlsKeyFile)
                .within("PORT", port, 0, 65_535)
                .host("BIND_ADDRESS", bindAddress)
                .check();
    }
}
