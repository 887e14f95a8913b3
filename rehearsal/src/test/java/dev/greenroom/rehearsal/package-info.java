@org.jspecify.annotations.NullMarked
package dev.greenroom.rehearsal;
