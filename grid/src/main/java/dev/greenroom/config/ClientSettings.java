package dev.greenroom.config;

import dev.greenroom.session.Browser;

/// What a client gets that does not say.
@Section("Defaults of clients")
public record ClientSettings(
        @Setting(
                name = "DEFAULT_BROWSER_TYPE",
                fallback = "chromium",
                meaning = "Browser type of clients that name none: chromium, firefox or webkit.")
        Browser browserType) {}
