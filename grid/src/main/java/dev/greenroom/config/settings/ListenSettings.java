package dev.greenroom.config.settings;

import dev.greenroom.config.Setting;
import dev.greenroom.config.Setting.SettingsSection;
import dev.greenroom.config.SettingsRules;
import java.nio.file.Path;
import java.util.Optional;

/// Where the public port is, and whether it speaks TLS.
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
                meaning = "Address to listen on: 0.0.0.0 is every one of version 4, :: every one of versions 4 and 6."
                        + " `greenroom up` listens on 127.0.0.1 unless told otherwise.")
        String bindAddress,

        @Setting(
                name = "TLS_CERT_FILE",
                meaning = "PEM file of the certificate, then those between it and the root; clients then use wss and"
                        + " https. Read again when it changes. Needs TLS_KEY_FILE; without both, no TLS.")
        Optional<Path> tlsCertFile,

        @Setting(
                name = "TLS_KEY_FILE",
                meaning = "PEM file of the certificate's private key, RSA or EC, not encrypted; read again when it"
                        + " changes. Needs TLS_CERT_FILE.")
        Optional<Path> tlsKeyFile) {
    /// Without TLS.
    public ListenSettings(int port, String bindAddress) {
        this(port, bindAddress, Optional.empty(), Optional.empty());
    }

    /// One is of no use without the other.
    private static SettingsRules checkTlsPair(SettingsRules rules, Optional<Path> certificate, Optional<Path> key) {
        return rules.that(
                        key.isPresent() || certificate.isEmpty(),
                        "needs TLS_KEY_FILE beside it, name the file of its private key or unset it",
                        "TLS_CERT_FILE")
                .that(
                        certificate.isPresent() || key.isEmpty(),
                        "needs TLS_CERT_FILE beside it, name the file of its certificate or unset it",
                        "TLS_KEY_FILE");
    }

    /// A port that exists, an address that can be one, and both files for TLS or none.
    public ListenSettings {
        checkTlsPair(new SettingsRules(), tlsCertFile, tlsKeyFile)
                .within("PORT", port, 0, 65_535)
                .host("BIND_ADDRESS", bindAddress)
                .check();
    }
}
