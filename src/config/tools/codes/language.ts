import type { CodeInfo } from "./code.ts";
import { row } from "./row.ts";

/** Files, words and conditional blocks: what is found before any keyword is looked at. */
export const languageCodes: readonly CodeInfo[] = [
  row(
    "file/unreadable",
    "a configuration file cannot be read",
    "The file or folder does not exist, or this user may not read it. The message holds the system's reason.",
  ),
  row(
    "file/empty-folder",
    "a folder without configuration files",
    "Of a folder only files named *.cfg that are not hidden are read, in the order of their names. There is none.",
  ),
  row(
    "file/encoding",
    "a file that does not begin with plain text",
    "Editors of other systems put a byte order mark in front of the first word, or save texts as UTF-16. A configuration is plain bytes; comments and strings may be UTF-8.",
  ),
  row(
    "syntax/too-many-errors",
    "reading stops: the file is hardly a configuration",
    "Most often the name of another file was given. Correct the first errors, then check again.",
  ),
  row(
    "syntax/unmatched-quote",
    "a quote is not closed",
    "A word that begins with ' or \" goes on to the next one; there is none on the line. Close it, or write \\' or \\\" for the character itself.",
    'description "a site',
    'description "a site"',
  ),
  row(
    "syntax/bad-hex-escape",
    "\\x without two hexadecimal digits",
    "\\x41 stands for the byte 0x41. Write \\\\x for a backslash and an x.",
    "description \\xZZ",
    "description \\x41",
  ),
  row(
    "syntax/bad-variable-name",
    "a $ that names no variable",
    "In double quotes a dollar begins the name of an environment variable: a letter or _, or one of .FILE, .LINE and .SECTION. Write \\$ for the character.",
    'description "5$ a day"',
    'description "5\\$ a day"',
  ),
  row(
    "syntax/unmatched-brace",
    "${ without }",
    "The name of an environment variable in braces is not closed on this line.",
    'description "${HOME"',
    'description "${HOME}"',
  ),
  row(
    "syntax/bad-word-expansion",
    "${NAME[ without *]}",
    '"${NAME[*]}" makes one word of each word of the variable; nothing but [*] may stand there.',
    'description "${HOME[1]}"',
    'description "${HOME[*]}"',
  ),
  row(
    "syntax/too-many-words",
    "more words on a line than the limit",
    "A line holds a limited number of words. Put long lists of patterns into a file: acl name src -f FILE.",
  ),
  row(
    "syntax/line-too-long",
    "a line of too many bytes",
    "A line holds a limited number of bytes, before and after variables are filled in. Put long lists into files.",
  ),
  row(
    "syntax/nul-character",
    "a NUL byte in the text",
    "The file holds a byte 0, which no configuration does: it is binary, or damaged.",
  ),
  row(
    "syntax/missing-newline",
    "the last line has no line feed",
    "HAProxy takes a file whose last line does not end for one that was cut off. End the file with a line feed.",
  ),
  row(
    "condition/lone",
    ".else, .elif or .endif without .if",
    "The block it belongs to was never opened, or is already closed.",
    ".endif\nlisten web\n    bind :80\n    server s1 192.0.2.1:80\n",
    "listen web\n    bind :80\n    server s1 192.0.2.1:80\n",
  ),
  row(
    "condition/misplaced",
    ".elif or .else behind .else",
    "A block has one .else, and it comes last.",
    ".if 1\n.else\n.else\n.endif\n",
    ".if 1\n.else\n.endif\n",
  ),
  row(
    "condition/unparsable",
    "the condition of .if cannot be read",
    "Conditions are made of integers, defined(), streq(), feature(), version_atleast() and the like, joined by && and ||, with ! for not.",
    ".if nonsense(1)\n.endif\n",
    ".if version_atleast(2.4)\n.endif\n",
  ),
  row("condition/unterminated", ".if without .endif", "The file ends inside of a block.", ".if 1\n", ".if 1\n.endif\n"),
  row(
    "directive/message",
    "what .alert, .warning, .notice or .diag says",
    "The configuration itself prints this. After .alert it is refused.",
    '.warning "old file"\n',
    "# old file\n",
  ),
  row(
    "directive/unknown",
    "a line begins with a dot and an unknown word",
    "Directives are .if, .elif, .else, .endif, .alert, .warning, .notice and .diag.",
    ".iff 1\n.endif\n",
    ".if 1\n.endif\n",
  ),
  row(
    "directive/unexpected-argument",
    "too many words behind a directive",
    "Messages are one word: put them in quotes.",
    ".warning old file\n",
    '.warning "old file"\n',
  ),
  row(
    "file/unwritable",
    "a file cannot be written",
    "tlb fmt -w could not replace the file. The message holds the system's reason.",
  ),
  row(
    "fmt/refused",
    "tlb fmt leaves a file as it is",
    "The file laid out anew would not mean the same, or it cannot be read. Nothing was changed; tlb check tells what is wrong with it.",
  ),
];
