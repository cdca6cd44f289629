// Reads messages by @dec112/cap-ts, a JSON text a line, and writes what it read of each, a JSON object a line.
const { join } = require("path");
const { default: fromXML } = require(join(process.argv[2], "node_modules/@dec112/cap-ts/dist/node/fromXML.js"));

async function main() {
  const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
  for (const line of lines) console.log(JSON.stringify(await fromXML(JSON.parse(line))));
}

main();
