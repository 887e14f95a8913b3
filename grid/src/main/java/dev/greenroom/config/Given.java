package dev.greenroom.config;

import dev.greenroom.config.EffectiveSetting.Source;

/// The text of one setting.
///
/// @param variable the name under which it was given: the setting's own, or that of its file
/// @param text the value; for a file its content
record Given(String variable, String text, Source source) {}
