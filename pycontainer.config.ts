// This repository's own configuration: the first command of the README builds the FastAPI example, on Debian's own
// signed packages and without a registry.
import { defineConfig } from 'pycontainer';
import debian from 'pycontainer/plugins/debian';

export default defineConfig({
  project: 'docs/examples/fastapi',
  base: debian('trixie'),
  tags: ['shop:latest'],
});
